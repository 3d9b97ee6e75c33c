import type { Aws } from '../aws/session.ts';
import { type Environment, environments, tenantName } from '../config/environment.ts';
import { names } from '../config/names.ts';

/** A stack of an account and region, as the list of all has it. */
export interface ListedStack {
  readonly name: string;
  readonly status: string;
}

/** Every stack of an account and region that is not deleted; reads all pages. */
export async function listStacks(aws: Aws): Promise<ListedStack[]> {
  const { paginateListStacks, StackStatus } = await import('@aws-sdk/client-cloudformation');
  // Without a filter CloudFormation lists what was deleted in the last 90 days too.
  const StackStatusFilter = Object.values(StackStatus).filter((status) => status !== 'DELETE_COMPLETE');
  const found: ListedStack[] = [];
  for await (const page of paginateListStacks({ client: await aws.cloudFormation() }, { StackStatusFilter })) {
    for (const { StackName: name, StackStatus: status = '' } of page.StackSummaries ?? []) {
      if (name !== undefined) found.push({ name, status });
    }
  }
  return found;
}

/** The names of the same. */
export async function listStackNames(aws: Aws): Promise<string[]> {
  return (await listStacks(aws)).map(({ name }) => name);
}

/** The tenant a stack of an environment belongs to; `undefined` for the platform's own stacks and for those of others. */
export function tenantOf(environment: Environment, stack: string): string | undefined {
  const prefix = `vendhost-${environment}-`;
  const tenant = stack.startsWith(prefix)
    ? /^(.+)-(access|entry|data|host)$/.exec(stack.slice(prefix.length))?.[1]
    : undefined;
  return tenant !== undefined && tenantName.safeParse(tenant).success ? tenant : undefined;
}

/** The environment whose platform a stack is part of. */
export function environmentOfPlatformStack(stack: string): Environment | undefined {
  return environments.find((environment) => {
    const prefix = `vendhost-${environment}-`;
    return (
      stack.startsWith(prefix) &&
      /^(network|storage|policies|access|vending|balancer(-\d+)?)$/.test(stack.slice(prefix.length))
    );
  });
}

/** Names of the tenants that have a record in an environment; reads all pages. */
export async function listTenantRecords(aws: Aws, environment: Environment): Promise<string[]> {
  return [...(await readRecordTexts(aws, environment)).keys()].sort();
}

/** The tenants' records in an environment as they are stored, by tenant; reads all pages. */
export async function readRecordTexts(aws: Aws, environment: Environment): Promise<Map<string, string>> {
  const { paginateGetParametersByPath } = await import('@aws-sdk/client-ssm');
  const path = names.tenantRecord({ environment, tenant: '' });
  const found = new Map<string, string>();
  for await (const page of paginateGetParametersByPath({ client: await aws.ssm() }, { Path: path })) {
    for (const { Name, Value = '' } of page.Parameters ?? []) {
      if (Name !== undefined) found.set(Name.slice(path.length), Value);
    }
  }
  return found;
}
