import type { Stack } from '@aws-sdk/client-cloudformation';
import { switchOutput } from '../../../cdk/tenant/entry/rule-groups.ts';
import type { Aws } from '../../aws/session.ts';
import { type Environment, environments } from '../../config/environment.ts';
import { names, type TenantLayer } from '../../config/names.ts';
import { stepsOf } from '../../platform/layers.ts';
import { isAbsent } from '../../stack/stack-state.ts';
import type { DriftContext } from '../checks.ts';
import { allStacks } from './all-stacks.ts';

/** A stack that is checked. */
export interface FoundStack {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly tenant: string | undefined;
  /** Of the stack's tags; a nested stack has that of its root. */
  readonly layer: string;
  /** ARN of the root of a nested stack. */
  readonly root: string | undefined;
  readonly parameters: readonly string[];
  /** Some of its parameters are secret: CloudFormation shows them as asterisks (`NoEcho`). */
  readonly hasSecrets: boolean;
  /** Its termination protection was switched off, which CloudFormation does not call drift. */
  readonly isUnprotected: boolean;
  /** The tenant's jobs may switch its maintenance. */
  readonly maySwitch?: true;
}

const tenantLayers: readonly TenantLayer[] = ['access', 'entry', 'data', 'host'];

/** The stacks of the environment, or of the tenant, sorted by name; those that are deleted are not among them. */
export async function findStacks(context: DriftContext): Promise<FoundStack[]> {
  const { aws, environment, tenant, platform } = context;
  const all =
    platform === undefined
      ? await readByName(
          aws,
          tenantLayers.map((layer) => names.tenantStack({ environment, tenant: tenant ?? '' }, layer)),
        )
      : await allStacks(context);
  return stacksOfPlace(all, context);
}

/** Those whose tags say that they are the environment's, or the tenant's, with what is nested in them. */
export function stacksOfPlace(all: readonly Stack[], context: DriftContext): FoundStack[] {
  const tagged = all.filter((stack) => stack.RootId === undefined && isChosen(tagsOf(stack), context));
  const roots = new Map(tagged.map((stack) => [stack.StackId, stack]));
  const nested = all.flatMap((stack) => {
    const root = stack.RootId === undefined ? undefined : roots.get(stack.RootId);
    return root === undefined ? [] : [foundStack(stack, root)];
  });
  return [...tagged.map((stack) => foundStack(stack, stack)), ...nested].sort((a, b) => a.name.localeCompare(b.name));
}

function isChosen(tags: Readonly<Record<string, string>>, context: DriftContext): boolean {
  const { environment, tenant } = context;
  if (tags['vendhost:layer'] === 'gitlab') return tenant === undefined && looksAfterAccount(context);
  if (tags['vendhost:layer'] === 'webhook') return tenant === undefined && looksAfterRegion(context);
  if (tags['vendhost:environment'] !== environment) return false;
  return tenant === undefined || tags['vendhost:tenant'] === tenant;
}

/** The stack of GitLab's OIDC provider is the account's: the first environment there checks it. */
function looksAfterAccount({ environment, platform }: DriftContext): boolean {
  if (platform === undefined) return false;
  const { config, target } = platform;
  const first = environments.find((each) => config.environments[each]?.account === target.config.account);
  return first === environment;
}

/** The webhook is the account's in a region: the first environment there checks it. */
function looksAfterRegion({ environment, platform }: DriftContext): boolean {
  if (platform === undefined) return false;
  const { account, region } = platform.target.config;
  const isHere = (each: Environment) => {
    const config = platform.config.environments[each];
    return config?.account === account && config.region === region;
  };
  return environments.find(isHere) === environment;
}

/** A tenant's role may not list stacks; its own have known names, and none of them can have nested stacks. */
async function readByName(aws: Aws, stacks: readonly string[]): Promise<Stack[]> {
  const { DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const client = await aws.cloudFormation();
  const read = async (StackName: string): Promise<Stack[]> => {
    try {
      return (await client.send(new DescribeStacksCommand({ StackName }))).Stacks ?? [];
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  };
  return (await Promise.all(stacks.map(read))).flat();
}

/** Stacks that hold data, as `cdk/` protects them; a nested stack is protected with its root. */
function isToProtect(tags: Readonly<Record<string, string>>): boolean {
  const layer = tags['vendhost:layer'];
  return layer === 'data' || (layer === 'storage' && tags['vendhost:environment'] === 'production');
}

function foundStack(stack: Stack, root: Stack): FoundStack {
  const tags = tagsOf(root);
  const maySwitch = (stack.Outputs ?? []).some(({ OutputKey }) => OutputKey === switchOutput);
  return {
    id: stack.StackId ?? '',
    name: stack.StackName ?? '',
    status: stack.StackStatus ?? '',
    tenant: tags['vendhost:tenant'],
    layer: tags['vendhost:layer'] ?? '',
    root: stack === root ? undefined : root.StackId,
    parameters: (stack.Parameters ?? []).map(({ ParameterKey = '' }) => ParameterKey),
    hasSecrets: (stack.Parameters ?? []).some(({ ParameterValue = '' }) => /^\*+$/.test(ParameterValue)),
    isUnprotected: stack === root && isToProtect(tags) && stack.EnableTerminationProtection !== true,
    ...(maySwitch ? { maySwitch } : {}),
  };
}

function tagsOf({ Tags = [] }: Stack): Record<string, string> {
  return Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}

/** Names of stacks that should be there, going by the platform's file and by the other stacks of a tenant. */
export function absentStacks(found: readonly FoundStack[], context: DriftContext): string[] {
  const { environment, tenant, platform } = context;
  const own = platform === undefined || tenant !== undefined ? [] : stepsOf(environment, platform.target.config).flat();
  const hasWebhook = tenant === undefined && platform?.config.webhook !== undefined && looksAfterRegion(context);
  const tenants = new Set(found.flatMap((stack) => stack.tenant ?? []));
  const theirs = [...tenants].flatMap((each) => {
    const place = { environment, tenant: each };
    const hasData = found.some(({ name }) => name === names.tenantStack(place, 'data'));
    const layers: readonly TenantLayer[] = ['access', 'entry', ...(hasData ? (['host'] as const) : [])];
    return layers.map((layer) => names.tenantStack(place, layer));
  });
  return [...own, ...(hasWebhook ? [names.webhookStack] : []), ...theirs]
    .filter((name) => !found.some((stack) => stack.name === name))
    .sort();
}
