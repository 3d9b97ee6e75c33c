import type { Environment } from '../../config/environment.ts';
import { names } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import { environmentOfPlatformStack, listStackNames, listTenantRecords, tenantOf } from '../account-stacks.ts';
import { isBalancer } from '../layers.ts';
import type { EnvironmentTarget } from '../targets.ts';
import { existingBuckets } from './buckets.ts';

/** What is left of an environment's platform and would be destroyed. */
export interface PlatformLeftovers {
  readonly environment: Environment;
  readonly account: string;
  readonly region: string;
  /** Stacks by steps, in the order they are deleted: the reverse of a deploy. */
  readonly steps: readonly (readonly string[])[];
  /** Buckets, with everything in them. They outlive their stack. */
  readonly buckets: readonly string[];
  /** ARN of the key, which is kept; known as long as the storage stack exists. */
  readonly key: string | undefined;
}

/** Reads what is left of an environment. Throws `TENANTS_EXIST` as long as it has tenants, by record or by stack. */
export async function readLeftovers({ environment, config, aws }: EnvironmentTarget): Promise<PlatformLeftovers> {
  const { account, region } = config;
  const [stacks, records, key, buckets] = await Promise.all([
    listStackNames(aws),
    listTenantRecords(aws, environment),
    readKey({ environment, aws }),
    existingBuckets(aws, [names.bucket(environment, account, region), names.logBucket(environment, account, region)]),
  ]);
  const faults = tenantLines(environment, stacks, records);
  if (faults.length > 0) throw tenantsExist(environment, faults);
  const own = stacks.filter((stack) => environmentOfPlatformStack(stack) === environment).sort();
  return { environment, account, region, steps: destroySteps(environment, own), buckets, key };
}

/** Load balancers first, access last, and after it the policies that its roles have. */
export function destroySteps(environment: Environment, stacks: readonly string[]): string[][] {
  const last = [names.platformStack(environment, 'access'), names.policiesStack(environment)];
  const balancers = stacks.filter((stack) => isBalancer(environment, stack));
  const base = stacks.filter((stack) => !last.includes(stack) && !balancers.includes(stack));
  return [balancers, base, ...last.map((stack) => stacks.filter((each) => each === stack))].filter(
    (step) => step.length > 0,
  );
}

/** One line per tenant: the stacks and records that show it exists. */
export function tenantLines(environment: Environment, stacks: readonly string[], records: readonly string[]): string[] {
  const owned = stacks.flatMap((stack) => {
    const tenant = tenantOf(environment, stack);
    return tenant === undefined ? [] : [{ tenant, stack }];
  });
  const tenants = [...new Set([...records, ...owned.map(({ tenant }) => tenant)])].sort();
  return tenants.map((tenant) => {
    const proofs = [
      ...(records.includes(tenant) ? [`record ${names.tenantRecord({ environment, tenant })}`] : []),
      ...owned.filter((each) => each.tenant === tenant).map(({ stack }) => `stack ${stack}`),
    ];
    return `${tenant}: ${proofs.join(', ')}`;
  });
}

function tenantsExist(environment: Environment, details: readonly string[]): VendhostError {
  const count = details.length === 1 ? '1 tenant' : `${details.length} tenants`;
  return new VendhostError('TENANTS_EXIST', `${environment} has ${count}; nothing was destroyed`, {
    details,
    hint: 'remove the tenants first: vendhost tenant retire',
  });
}

async function readKey({
  environment,
  aws,
}: Pick<EnvironmentTarget, 'environment' | 'aws'>): Promise<string | undefined> {
  const { GetParameterCommand, ParameterNotFound } = await import('@aws-sdk/client-ssm');
  try {
    const command = new GetParameterCommand({ Name: `${names.factsPath(environment)}/key-arn` });
    return (await (await aws.ssm()).send(command)).Parameter?.Value;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}
