import type { ZodError } from 'zod';
import {
  balancerFacts,
  type FormerRecord,
  factsSchema,
  formerRecordSchema,
  type PlatformFacts,
  type TenantRecord,
  tenantRecordSchema,
} from '../config/facts.ts';
import { names, type Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import { jsonIn } from './read-stored.ts';
import type { Aws } from './session.ts';

/** All SSM parameters the platform publishes for an environment, by their names below its path. */
export interface PublishedFacts {
  readonly environment: string;
  readonly region: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Reads what the platform publishes for an environment, in one paged call. */
export async function readPublishedFacts(aws: Aws, environment: string): Promise<PublishedFacts> {
  const { paginateGetParametersByPath } = await import('@aws-sdk/client-ssm');
  const path = `${names.factsPath(environment)}/`;
  const values: Record<string, string> = {};
  for await (const page of paginateGetParametersByPath({ client: await aws.ssm() }, { Path: path })) {
    for (const { Name, Value } of page.Parameters ?? []) {
      if (Name !== undefined && Value !== undefined) values[Name.slice(path.length)] = Value;
    }
  }
  return { environment, region: aws.region, values };
}

/** The facts for a tenant of one load balancer. Throws `PLATFORM_MISSING` when not all of it is published. */
export function platformFacts({ environment, region, values }: PublishedFacts, loadBalancer: number): PlatformFacts {
  const path = `${names.factsPath(environment)}/`;
  const own = balancerFacts.map((fact) => [fact, values[names.balancerFact(fact, loadBalancer)]] as const);
  const parsed = factsSchema.safeParse({ ...values, ...Object.fromEntries(own) });
  if (parsed.success) return parsed.data;
  const absent = parsed.error.issues.map(({ path: [fact] }) => {
    const isBalancers = balancerFacts.some((name) => name === fact);
    return `${path}${isBalancers ? names.balancerFact(String(fact), loadBalancer) : String(fact)}`;
  });
  throw new VendhostError(
    'PLATFORM_MISSING',
    `the platform of ${environment} does not publish everything a tenant needs in ${region}`,
    {
      details: absent.map((name) => `missing or wrong: SSM parameter ${name}`),
      hint: `ask the platform team to deploy it: vendhost platform deploy --environment ${environment}`,
    },
  );
}

/** The platform's facts, with those of the first load balancer: for callers that need no load balancer. */
export async function readPlatformFacts(aws: Aws, environment: string): Promise<PlatformFacts> {
  return platformFacts(await readPublishedFacts(aws, environment), 1);
}

/**
 * Reads a tenant's record; throws `TENANT_UNKNOWN` when the tenant was not vended in the environment, `RECORD_OUTDATED` when
 * an older version of Vendhost did.
 */
export async function readTenantRecord(aws: Aws, place: Place): Promise<TenantRecord> {
  const parsed = tenantRecordSchema.safeParse(await readFormerRecord(aws, place));
  if (parsed.success) return parsed.data;
  throw outdated(place, parsed.error);
}

/** As `readTenantRecord`, for a record as any version wrote it; throws `RECORD_OUTDATED` when none did. */
export async function readFormerRecord(aws: Aws, place: Place): Promise<FormerRecord> {
  const parsed = formerRecordSchema.safeParse(jsonIn(await storedRecord(aws, place)));
  if (parsed.success) return parsed.data;
  throw outdated(place, parsed.error);
}

async function storedRecord(aws: Aws, place: Place): Promise<string> {
  const { GetParameterCommand, ParameterNotFound } = await import('@aws-sdk/client-ssm');
  const name = names.tenantRecord(place);
  try {
    const { Parameter } = await (await aws.ssm()).send(new GetParameterCommand({ Name: name }));
    return Parameter?.Value ?? '';
  } catch (cause) {
    if (!(cause instanceof ParameterNotFound)) throw cause;
    throw new VendhostError(
      'TENANT_UNKNOWN',
      `no tenant ${place.tenant} in ${place.environment}: no SSM parameter ${name}`,
      {
        hint: `ask the platform team to vend it: vendhost tenant vend ${place.tenant} --environment ${place.environment}`,
        cause,
      },
    );
  }
}

function outdated(place: Place, { issues }: ZodError): VendhostError {
  const keys = issues.map(({ path }) => path.join('.')).filter((key) => key !== '');
  return new VendhostError(
    'RECORD_OUTDATED',
    `the record of ${place.tenant} in ${place.environment} is not as this version of Vendhost writes it`,
    {
      details: keys.map((key) => `missing or wrong in ${names.tenantRecord(place)}: ${key}`),
      hint: `ask the platform team to vend it: vendhost tenant vend ${place.tenant} --environment ${place.environment}; with a virtual host that stands: docs/runbook.md#move-a-tenant-of-an-older-version`,
    },
  );
}
