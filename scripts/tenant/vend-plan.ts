import { keptBand } from '../../cdk/tenant/entry/rule-groups.ts';
import { platformFacts, readPublishedFacts } from '../aws/read-facts.ts';
import type { Aws } from '../aws/session.ts';
import type { PlatformFacts, VendedRecord } from '../config/facts.ts';
import { deployRoleOf, names, type Place, planAccessVariable, type TenantRole } from '../config/names.ts';
import { type PlatformConfig, partitionOf } from '../config/platform.ts';
import { type Half, portIn, samePath, type TenantConfig } from '../config/tenant.ts';
import type { GitlabApi } from '../gitlab/api.ts';
import { type ProjectVariable, planVariables, readVariables, type VariableChange } from '../gitlab/variables.ts';
import { checkRoomForTenant } from '../quota/room.ts';
import type { Runtime } from '../runtime.ts';
import { type Assembly, withAssembly } from '../stack/assembly.ts';
import { planLines, planStacks, type StackPlan } from '../stack/stack-plan.ts';
import {
  type FormerProject,
  type FormerWebhook,
  formerWebhookLine,
  type LeftWebhooks,
  readFormerWebhook,
  readLeftWebhooks,
} from '../webhook/former-webhook.ts';
import { type PreparedWebhook, prepareWebhook } from '../webhook/vend-webhook.ts';
import { type WebhookPlan, webhookDiffers, webhookLines } from '../webhook/webhook-plan.ts';
import { accessApp, recordToWrite } from './access.ts';
import type { ChosenEnvironment } from './environments.ts';
import { type ClaimPlan, HostClaims } from './host-claims.ts';
import { checkKeptBucket } from './kept-bucket.ts';
import type { TrustedProject } from './projects/tenant-projects.ts';
import {
  type BalancerMove,
  type BalancerPlan,
  moveLine,
  numberedBalancer,
  otherListeners,
  planMove,
  stackBalancers,
} from './traffic/balancer.ts';
import { isSwitched } from './traffic/switched.ts';
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
  /** The record of an earlier vend. */
  readonly record: VendedRecord | undefined;
  /** The tenant's project, or its two, and which ID tokens of them the roles trust. */
  readonly projects: readonly TrustedProject[];
  /** Hosts of others that are about to be released: a plan treats them as free. */
  readonly coming?: readonly string[];
  /** Replace the tokens of the webhook and of the builds. */
  readonly rotateWebhook?: boolean;
  /** The user confirms that the hosts' DNS records lead to the load balancer of the tenant's file. */
  readonly dnsMoved?: boolean;
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
  /** Set when the record differs from what the access stack wrote: somebody changed or deleted it. */
  readonly rewritesRecord?: true;
  /** Variables of the GitLab projects that would be written; `undefined` when there is no token to look. */
  readonly variables: readonly ProjectVariableChange[] | undefined;
  /** For a tenant whose project has no runner; `undefined` for others, and without a token to read it. */
  readonly webhook?: WebhookPlan;
  /** Remains of a webhook in its projects that it no longer has. */
  readonly formerWebhooks?: readonly FormerWebhook[];
  /** The same in its former projects. */
  readonly leftWebhooks?: LeftWebhooks;
}

/** A variable of one of the tenant's projects. */
export interface ProjectVariableChange extends VariableChange {
  /** Path of the project. */
  readonly project: string;
}

export interface PreparedVend {
  readonly plan: VendPlan;
  readonly facts: PlatformFacts;
  readonly balancers: BalancerPlan;
  /** For each load balancer with rules of the tenant's; the first is the one that serves it. */
  readonly rulesOf: readonly RulesOf[];
  readonly claims: HostClaims;
  readonly assembly: Assembly;
  readonly webhook: PreparedWebhook | undefined;
}

/** Plans the vending and passes the plan, with everything needed to apply it, to `work`. Throws first what prevents it: `HOST_TAKEN`, `LISTENER_FULL`, `QUOTA_REACHED`, `BUCKET_KEPT`, `LOAD_BALANCER_FIXED` or `PORT_FIXED`. */
export async function withPlan<T>(vending: Vending, work: (prepared: PreparedVend) => Promise<T>): Promise<T> {
  const { runtime, aws, gitlab, place, tenant, chosen, projects, record } = vending;
  const maySwitch = tenant.maintenance_switch[chosen.environment] !== undefined;
  const [published, isSwitchedOn, present] = await Promise.all([
    readPublishedFacts(aws, place.environment),
    maySwitch ? isSwitched(aws, place) : false,
    gitlab === undefined ? undefined : Promise.all(projects.map((project) => presentVariables(gitlab, project))),
  ]);
  // Of the one that is wanted, first: there may be none.
  platformFacts(published, tenant.load_balancer);
  const balancers = await planMove(aws, place, record, {
    loadBalancer: tenant.load_balancer,
    port: portIn(tenant, chosen.environment),
    ...{ hosts: chosen.hosts, published, dnsMoved: vending.dnsMoved ?? false },
  });
  const loadBalancer = balancers.serving;
  const facts = platformFacts(published, loadBalancer);
  const claims = new HostClaims(aws, facts.bucket, place.tenant);
  const hosts = await claims.plan(chosen.hosts, { recorded: record?.hosts ?? [], coming: vending.coming ?? [] });
  const keepsGroup = maySwitch || tenant.maintenance[chosen.environment] !== undefined;
  const elsewhere = otherListeners(published, balancers.entry);
  const ofAll = { place, hosts: chosen.hosts, keepsGroup };
  const rulesOf: RulesOf[] = [
    { ...ofAll, facts, loadBalancer, elsewhere },
    ...balancers.entry
      .filter((number) => number !== loadBalancer)
      .map((number) => ({ ...ofAll, facts: platformFacts(published, number), loadBalancer: number })),
  ];
  const [rules, giveBack] = await Promise.all([
    Promise.all(rulesOf.map((of) => planRules(aws, of))),
    Promise.all(rulesOf.map((of) => planGiveBack(aws, of))),
    record === undefined ? checkRoomForTenant(runtime, aws, place) : undefined,
    checkKeptBucket(aws, place),
  ]);
  const wanted = projects.map(({ half }) => projectVariables(place, chosen, tenant, half));
  const [webhook, former] = await Promise.all([webhookOf(vending), formerWebhooksOf(vending)]);
  const left = await leftWebhooksOf(vending, webhook);
  const parts = { ...vending, facts, loadBalancer, balancers: stackBalancers(published, balancers), isSwitchedOn };
  return await withAssembly(runtime, aws, accessApp(parts), async (assembly) => {
    const numbers = Object.assign(
      {},
      ...rulesOf.map((of, index) => {
        const priorities = (rules[index] ?? []).map(({ band, priority }) => [band, priority] as const);
        return priorityParameters(priorities, numberedBalancer(balancers, of.loadBalancer));
      }),
    );
    const stacks = await planStacks(assembly, { parameters: { [names.tenantStack(place, 'entry')]: numbers } });
    const variables =
      present &&
      projects.flatMap(({ path: project }, index) => {
        const changes = planVariables(wanted[index] ?? [], present[index] ?? []);
        return changes.map((change) => ({ ...change, project }));
      });
    const moved = balancers.move === undefined ? {} : { balancer: balancers.move };
    const access = stacks.find(({ stack }) => stack === names.tenantStack(place, 'access'));
    const isOther = access?.action === 'none' && (await recordToWrite(aws, assembly, place)) !== undefined;
    const rewrites = isOther ? ({ rewritesRecord: true } as const) : {};
    const { branch } = chosen.config;
    const plan = {
      environment: place.environment,
      branch,
      hosts,
      rules: rules.flat(),
      giveBack: giveBack.flat(),
      ...moved,
      stacks,
      ...rewrites,
      variables,
      ...(webhook === undefined ? {} : { webhook: webhook.plan }),
      ...(former.length === 0 ? {} : { formerWebhooks: former }),
      ...(left === undefined ? {} : { leftWebhooks: left }),
    };
    return await work({ plan, facts, balancers, rulesOf, claims, assembly, webhook });
  });
}

async function webhookOf(vending: Vending): Promise<PreparedWebhook | undefined> {
  const { runtime, aws, gitlab, place, tenant, projects, chosen, rotateWebhook = false } = vending;
  if (tenant.intake !== 'webhook' || gitlab === undefined) return undefined;
  const parts = { aws, gitlab, out: runtime.out, place, projects };
  return await prepareWebhook(parts, { branch: chosen.config.branch, rotate: rotateWebhook });
}

/** For a tenant that had a webhook and has jobs now. */
async function formerWebhooksOf({ gitlab, place, tenant, projects, chosen }: Vending): Promise<FormerWebhook[]> {
  if (tenant.intake === 'webhook' || gitlab === undefined) return [];
  const { region } = chosen.config;
  const there = projects.filter(({ isNew }) => isNew !== true);
  const found = await Promise.all(there.map(({ path }) => readFormerWebhook(gitlab, path, { place, region })));
  return found.filter((each) => each !== undefined);
}

/** In projects that were the tenant's, by its record and by what its webhook was vended with. Without a change of projects nobody is asked. */
async function leftWebhooksOf(
  { gitlab, place, record, projects, chosen }: Vending,
  webhook: PreparedWebhook | undefined,
): Promise<LeftWebhooks | undefined> {
  if (gitlab === undefined) return undefined;
  const ids = projects.flatMap(({ trust: { projectId } }) => projectId ?? []);
  const present = [...ids, ...(webhook?.wishes ?? []).map(({ projectId }) => projectId)];
  const isPresent = ({ project, projectId }: FormerProject) =>
    projectId === undefined
      ? projects.some(({ path }) => project !== undefined && samePath(path, project))
      : present.includes(projectId);
  const recorded = record === undefined ? [] : [record, ...(record.software === undefined ? [] : [record.software])];
  const known = recorded.map(({ project, projectId }) => ({ project, projectId }));
  const told = (webhook?.secret?.projects ?? []).map(({ projectId }) => ({ projectId }));
  const others = told.filter(({ projectId }) => !known.some((each) => each.projectId === projectId));
  const former = [...known, ...others].filter((each) => !isPresent(each));
  if (former.length === 0) return undefined;
  const left = await readLeftWebhooks(gitlab, former, { place, region: chosen.config.region, present });
  return left.found.length + left.unreached.length === 0 ? undefined : left;
}

/** A project that still has to be created has no variables. */
async function presentVariables(gitlab: GitlabApi, { path, isNew }: TrustedProject): Promise<ProjectVariable[]> {
  return isNew === true ? [] : await readVariables(gitlab, path);
}

/**
 * What the jobs of one of the tenant's projects need to know; none of it is a secret.
 * @param half what the project is trusted for, where the tenant has two
 */
export function projectVariables(
  place: Place,
  { config }: Pick<ChosenEnvironment, 'config'>,
  { environment_prefix: prefix }: Pick<TenantConfig, 'environment_prefix'>,
  half?: Half,
): ProjectVariable[] {
  const role = (name: TenantRole) =>
    `arn:${partitionOf(config)}:iam::${config.account}:role/${names.tenantRole(place, name)}`;
  const values = {
    AWS_REGION: config.region,
    VENDHOST_ROLE_ARN: role(deployRoleOf(half)),
    VENDHOST_PLAN_ROLE_ARN: role('plan'),
  };
  const scope = `${prefix}${place.environment}`;
  const planAccess = { key: planAccessVariable(place), value: `${config.region} ${role('plan')}`, scope: '*' };
  return [...Object.entries(values).map(([key, value]) => ({ key, value, scope })), planAccess];
}

function ruleLine({ band, priority, kept, hosts, loadBalancer }: PlannedRule, isOne: boolean): string {
  const what = band === keptBand ? 'the target group, while a page answers' : hosts.join(', ');
  const on = isOne ? '' : ` on load balancer ${loadBalancer}`;
  return `priority ${priority} (${kept ? 'kept' : 'new'})${on} for ${what}`;
}

/** Whether vending would change anything that can be seen. */
export function differs(plan: VendPlan): boolean {
  const { hosts, rules, giveBack, stacks, rewritesRecord, variables, webhook, formerWebhooks, leftWebhooks } = plan;
  return (
    rewritesRecord === true ||
    (leftWebhooks?.found.length ?? 0) > 0 ||
    formerWebhooks !== undefined ||
    (webhook !== undefined && webhookDiffers(webhook)) ||
    hosts.claim.length > 0 ||
    hosts.release.length > 0 ||
    rules.some(({ claimed }) => !claimed) ||
    giveBack.length > 0 ||
    stacks.some(({ action }) => action !== 'none') ||
    (variables?.length ?? 0) > 0
  );
}

/** The plan as lines for people; of several projects each variable names its own. */
export function vendLines(plan: VendPlan, projects = 1): string[] {
  const { hosts, rules, giveBack, balancer, stacks, rewritesRecord, variables, webhook, formerWebhooks = [] } = plan;
  const { found = [], unreached = [] } = plan.leftWebhooks ?? {};
  return [
    ...hosts.claim.map((host) => `host ${host}: claim`),
    ...hosts.keep.map((host) => `host ${host}: no change`),
    ...hosts.release.map((host) => `host ${host}: release`),
    ...rules.map((rule) =>
      ruleLine(
        rule,
        rules.every(({ loadBalancer }) => loadBalancer === rule.loadBalancer),
      ),
    ),
    ...(balancer === undefined ? [] : [moveLine(balancer)]),
    ...planLines(stacks),
    ...(rewritesRecord === true ? ['record: rewritten, it differs from what was vended'] : []),
    ...giveBack.map((priority) => `priority ${priority} is released: the tenant no longer has its rule`),
    ...(variables ?? []).map(
      ({ action, key, scope, project }) =>
        `GitLab variable ${key} (${scope})${projects > 1 ? ` of ${project}` : ''}: ${action}`,
    ),
    ...(webhook === undefined ? [] : webhookLines(webhook)),
    ...[...found, ...formerWebhooks].map((former) => `goes: ${formerWebhookLine(former)}`),
    ...unreached.map((project) => `webhook: ${project} cannot be looked at, which was the tenant's project`),
  ];
}
