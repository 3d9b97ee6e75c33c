import { keptBand } from '../../cdk/tenant/entry/rule-groups.ts';
import { platformFacts, readPublishedFacts } from '../aws/read-facts.ts';
import type { Aws } from '../aws/session.ts';
import type { PlatformFacts } from '../config/facts.ts';
import type { Place } from '../config/names.ts';
import { names, planAccessVariable } from '../config/names.ts';
import { type PlatformConfig, partitionOf } from '../config/platform.ts';
import { portIn, type SubjectTrust, type TenantConfig } from '../config/tenant.ts';
import type { GitlabApi } from '../gitlab/api.ts';
import { type ProjectVariable, planVariables, readVariables, type VariableChange } from '../gitlab/variables.ts';
import { checkRoomForTenant } from '../quota/room.ts';
import type { Runtime } from '../runtime.ts';
import { type Assembly, withAssembly } from '../stack/assembly.ts';
import { planLines, planStacks, type StackPlan } from '../stack/stack-plan.ts';
import { accessApp, formerRecord, recordToWrite } from './access.ts';
import type { ChosenEnvironment } from './environments.ts';
import { type ClaimPlan, HostClaims } from './host-claims.ts';
import { checkKeptBucket } from './kept-bucket.ts';
import { type BalancerMove, moveLine, otherListeners, planMove } from './traffic/balancer.ts';
import { type PlannedRule, planGiveBack, planRules, priorityParameters, type RulesOf } from './traffic/tenant-rules.ts';

/** One tenant in one environment. */
export interface Vending {
  readonly runtime: Runtime;
  readonly aws: Aws;
  readonly gitlab: GitlabApi | undefined;
  readonly place: Place;
  readonly platform: PlatformConfig;
  readonly tenant: TenantConfig;
  readonly chosen: ChosenEnvironment;
  /** Which ID tokens of the project the roles trust. */
  readonly trust: SubjectTrust;
}

/** What vending would change. */
export interface VendPlan {
  readonly environment: string;
  readonly branch: string;
  readonly hosts: ClaimPlan;
  readonly rules: readonly PlannedRule[];
  /** Priorities of rules that the tenant no longer has. */
  readonly giveBack: readonly number[];
  /** Set when another load balancer is to serve the tenant than before. */
  readonly balancer?: BalancerMove;
  readonly stacks: readonly StackPlan[];
  /** Set when the record is not as the access stack wrote it: somebody changed or deleted it. */
  readonly rewritesRecord?: true;
  /** Variables of the GitLab project that would be written; `undefined` when there is no token to look. */
  readonly variables: readonly VariableChange[] | undefined;
}

export interface PreparedVend {
  readonly plan: VendPlan;
  readonly facts: PlatformFacts;
  readonly rulesOf: RulesOf;
  readonly claims: HostClaims;
  readonly assembly: Assembly;
  readonly wanted: readonly ProjectVariable[];
}

/** Plans the vending and hands the plan, with all it takes to apply it, to `work`. Throws before that what stands against it: `HOST_TAKEN`, `LISTENER_FULL`, `QUOTA_REACHED`, `BUCKET_KEPT`, `LOAD_BALANCER_FIXED` or `PORT_FIXED`. */
export async function withPlan<T>(vending: Vending, work: (prepared: PreparedVend) => Promise<T>): Promise<T> {
  const { runtime, aws, gitlab, place, tenant, chosen } = vending;
  const [published, record, present] = await Promise.all([
    readPublishedFacts(aws, place.environment),
    formerRecord(aws, place),
    gitlab === undefined ? undefined : readVariables(gitlab, tenant.project),
  ]);
  const facts = platformFacts(published, tenant.load_balancer);
  const loadBalancer = tenant.load_balancer;
  const port = portIn(tenant, chosen.environment);
  const balancer = await planMove(aws, place, record, { loadBalancer, port });
  const claims = new HostClaims(aws, facts.bucket, place.tenant);
  const hosts = await claims.plan(chosen.hosts);
  const inMaintenance = tenant.maintenance[chosen.environment] !== undefined;
  const elsewhere = otherListeners(published, loadBalancer);
  const rulesOf: RulesOf = { place, facts, hosts: chosen.hosts, loadBalancer, elsewhere, inMaintenance };
  const [rules, giveBack] = await Promise.all([
    planRules(aws, rulesOf),
    planGiveBack(aws, rulesOf),
    record === undefined ? checkRoomForTenant(runtime, aws, place) : undefined,
    checkKeptBucket(aws, place),
  ]);
  const wanted = projectVariables(place, chosen, tenant);
  return await withAssembly(runtime, aws, accessApp({ ...vending, facts }), async (assembly) => {
    const numbers = priorityParameters(rules.map(({ band, priority }) => [band, priority]));
    const stacks = await planStacks(assembly, { parameters: { [names.tenantStack(place, 'entry')]: numbers } });
    const variables = present === undefined ? undefined : planVariables(wanted, present);
    const moved = balancer === undefined ? {} : { balancer };
    const access = stacks.find(({ stack }) => stack === names.tenantStack(place, 'access'));
    const isOther = access?.action === 'none' && (await recordToWrite(aws, assembly, place)) !== undefined;
    const rewrites = isOther ? ({ rewritesRecord: true } as const) : {};
    const { branch } = chosen.config;
    const plan = {
      environment: place.environment,
      branch,
      hosts,
      rules,
      giveBack,
      ...moved,
      stacks,
      ...rewrites,
      variables,
    };
    return await work({ plan, facts, rulesOf, claims, assembly, wanted });
  });
}

/** What the tenant's jobs need to know; none of it is a secret. */
export function projectVariables(
  place: Place,
  { config }: Pick<ChosenEnvironment, 'config'>,
  { environment_prefix: prefix }: Pick<TenantConfig, 'environment_prefix'>,
): ProjectVariable[] {
  const role = (name: 'deploy' | 'plan') =>
    `arn:${partitionOf(config)}:iam::${config.account}:role/${names.tenantRole(place, name)}`;
  const values = {
    AWS_REGION: config.region,
    VENDHOST_ROLE_ARN: role('deploy'),
    VENDHOST_PLAN_ROLE_ARN: role('plan'),
  };
  const scope = `${prefix}${place.environment}`;
  const planAccess = { key: planAccessVariable(place), value: `${config.region} ${role('plan')}`, scope: '*' };
  return [...Object.entries(values).map(([key, value]) => ({ key, value, scope })), planAccess];
}

function ruleLine({ band, priority, kept, hosts }: PlannedRule): string {
  const what = band === keptBand ? 'the target group, in maintenance' : hosts.join(', ');
  return `priority ${priority} (${kept ? 'kept' : 'new'}) for ${what}`;
}

/** Whether vending would change anything that can be seen. */
export function differs({ hosts, rules, giveBack, stacks, rewritesRecord, variables }: VendPlan): boolean {
  return (
    rewritesRecord === true ||
    hosts.claim.length > 0 ||
    hosts.release.length > 0 ||
    rules.some(({ claimed }) => !claimed) ||
    giveBack.length > 0 ||
    stacks.some(({ action }) => action !== 'none') ||
    (variables?.length ?? 0) > 0
  );
}

/** The plan as lines for people. */
export function vendLines(plan: VendPlan): string[] {
  const { hosts, rules, giveBack, balancer, stacks, rewritesRecord, variables } = plan;
  return [
    ...hosts.claim.map((host) => `host ${host}: claim`),
    ...hosts.keep.map((host) => `host ${host}: no change`),
    ...hosts.release.map((host) => `host ${host}: release`),
    ...rules.map(ruleLine),
    ...(balancer === undefined ? [] : [moveLine(balancer)]),
    ...planLines(stacks),
    ...(rewritesRecord === true ? ['record: written again, it is not as it was vended'] : []),
    ...giveBack.map((priority) => `priority ${priority} is given back: the tenant no longer has its rule`),
    ...(variables ?? []).map(({ action, key, scope }) => `GitLab variable ${key} (${scope}): ${action}`),
  ];
}
