import { ruleOutputs } from '../../../cdk/tenant/entry/rule-groups.ts';
import type { Aws } from '../../aws/session.ts';
import { type FormerRecord, formerRecordSchema } from '../../config/facts.ts';
import { names } from '../../config/names.ts';
import { isAbsent } from '../../stack/stack-state.ts';
import { readRecordTexts, tenantOf } from '../account-stacks.ts';
import type { EnvironmentTarget } from '../targets.ts';
import type { GrantOf, OwnedRule, Ownership } from './ownership.ts';
import type { ListenerState } from './parts.ts';
import { readAbandonedClaims, readHostClaims, readPriorityClaims } from './read-claims.ts';
import { grantsIn, type TenantFile } from './tenant-files.ts';

/** Reads who owns what in an environment. What is vended or provisioned meanwhile may be seen half. */
export async function readOwnership(
  target: EnvironmentTarget,
  bucket: string,
  found: { listeners: readonly ListenerState[]; records: readonly GrantOf[]; files: readonly TenantFile[] | undefined },
): Promise<Ownership> {
  const { environment, aws } = target;
  const { listeners, records, files } = found;
  const [rules, hosts, priorities, abandoned] = await Promise.all([
    ownedRules(target, listeners),
    readHostClaims(aws, bucket),
    Promise.all(
      listeners.map(({ arn, stack, rules: standing = [] }) => {
        const ruled = new Set(standing.map(({ priority }) => priority));
        return readPriorityClaims(aws, bucket, { listenerArn: arn, balancer: stack, ruled });
      }),
    ),
    readAbandonedClaims(
      aws,
      bucket,
      listeners.map(({ arn }) => arn),
    ),
  ]);
  const known = { environment, bucket, rules, hosts, priorities: priorities.flat(), abandoned, records };
  return files === undefined ? known : { ...known, files: grantsIn(target, files) };
}

/** A tenant's record; without a content it could not be read. */
export interface RecordOf extends GrantOf {
  readonly content?: FormerRecord;
}

/** The tenants' records in an environment, sorted; reads all pages. */
export async function readRecords({ aws, environment }: EnvironmentTarget): Promise<RecordOf[]> {
  const found = [...(await readRecordTexts(aws, environment))].map(([tenant, text]): RecordOf => {
    const content = recordIn(text);
    return { tenant, ...(content === undefined ? {} : { content }) };
  });
  return found.sort((a, b) => a.tenant.localeCompare(b.tenant));
}

function recordIn(text: string): FormerRecord | undefined {
  try {
    return formerRecordSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function ownedRules(target: EnvironmentTarget, listeners: readonly ListenerState[]): Promise<OwnedRule[]> {
  const standing = listeners.flatMap(({ stack, rules = [] }) => rules.map((rule) => ({ ...rule, balancer: stack })));
  const owners = standing.length === 0 ? new Map<string, string>() : await readOwners(target);
  return standing.map((rule) => {
    const tenant = owners.get(rule.arn);
    return tenant === undefined ? rule : { ...rule, tenant };
  });
}

/**
 * ARN of a rule → the tenant whose stack has it, by the outputs of entry stacks, which come with the list of stacks. A tag says as much,
 * but whoever may tag a rule can write it. A tenant whose entry stack says nothing of rules was last vended by an older version: its stacks
 * are asked one by one.
 */
async function readOwners({ aws, environment }: EnvironmentTarget): Promise<Map<string, string>> {
  const { paginateDescribeStacks } = await import('@aws-sdk/client-cloudformation');
  const owners = new Map<string, string>();
  const stacks = new Map<string, string[]>();
  const said = new Set<string>();
  for await (const { Stacks = [] } of paginateDescribeStacks({ client: await aws.cloudFormation() }, {})) {
    for (const { StackName: stack = '', Outputs = [] } of Stacks) {
      const tenant = tenantOf(environment, stack);
      if (tenant === undefined || stack.endsWith('-data')) continue;
      stacks.set(tenant, [...(stacks.get(tenant) ?? []), stack]);
      if (stack !== names.tenantStack({ environment, tenant }, 'entry')) continue;
      for (const { OutputKey, OutputValue = '' } of Outputs) {
        if (OutputKey?.startsWith(ruleOutputs) !== true) continue;
        owners.set(OutputValue, tenant);
        said.add(tenant);
      }
    }
  }
  for (const [tenant, own] of stacks) {
    if (said.has(tenant)) continue;
    // One after the other: CloudFormation throttles an account's reads.
    for (const stack of own) for (const arn of await rulesOf(aws, stack)) owners.set(arn, tenant);
  }
  return owners;
}

async function rulesOf(aws: Aws, stack: string): Promise<string[]> {
  const { paginateListStackResources } = await import('@aws-sdk/client-cloudformation');
  const found: string[] = [];
  try {
    const client = await aws.cloudFormation();
    for await (const page of paginateListStackResources({ client }, { StackName: stack })) {
      for (const { ResourceType, PhysicalResourceId } of page.StackResourceSummaries ?? []) {
        if (ResourceType === 'AWS::ElasticLoadBalancingV2::ListenerRule' && PhysicalResourceId !== undefined)
          found.push(PhysicalResourceId);
      }
    }
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return found;
}
