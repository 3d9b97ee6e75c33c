import { defaultBranches, environments } from './environment.ts';
import type { Fault } from './issues.ts';
import type { Approvals, Pipelines, PlatformConfig } from './platform.ts';
import type { Hosting } from './platform-checks.ts';
import { projectsOf, samePath, type TenantConfig } from './tenant.ts';

type Environments = Readonly<Record<string, Hosting | undefined>>;

/** Faults between a tenant's file and platform.yml: its hosts, its branches, and the load balancer that serves them. */
export function tenantFaults(file: string, platform: Environments, tenant: TenantConfig): Fault[] {
  return [
    ...hostFaults(file, platform, tenant),
    ...branchFaults(file, platform, tenant),
    ...balancerFaults(file, platform, tenant),
  ];
}

/** The project that approves must not be one that releases: each job of its branch could approve what another one starts. */
export function approvalFaults(file: string, approvals: Approvals | undefined, tenant: TenantConfig): Fault[] {
  return projectsOf(tenant).flatMap(({ path: project, half }) => {
    if (approvals === undefined || !samePath(approvals.project, project)) return [];
    const message = `"${project}" is wrong: it is the project that approves releases, approvals in platform.yml; that must be another`;
    return [{ file, path: half === undefined ? 'project' : `projects.${half}`, message }];
  });
}

/** A pinned tenant's pipelines are files of a project that platform.yml names. */
export function pinnedFaults(file: string, pipelines: Pipelines | undefined, tenant: TenantConfig): Fault[] {
  if (!tenant.pinned || pipelines !== undefined) return [];
  const message = 'true is wrong: platform.yml names no project with the pipelines of tenants: pipelines';
  return [{ file, path: 'pinned', message }];
}

type OwnProjects = Pick<PlatformConfig, 'project' | 'library' | 'pipelines'>;

/**
 * The platform's projects are no tenant's: vending would change the subject of their ID tokens, which the platform's roles trust, and people who may
 * write to a tenant's project would write the jobs, or the image, of all.
 */
export function ownProjectFaults(file: string, platform: OwnProjects, tenant: TenantConfig): Fault[] {
  const { project, library, pipelines } = platform;
  const own = { project, library, 'pipelines.project': pipelines?.project };
  return projectsOf(tenant).flatMap(({ path, half }) =>
    Object.entries(own).flatMap(([key, other]): Fault[] => {
      if (other === undefined || !samePath(other, path)) return [];
      const message = `"${path}" is wrong: it is the platform's own, ${key} in platform.yml; must be a project of the tenant's`;
      return [{ file, path: half === undefined ? 'project' : `projects.${half}`, message }];
    }),
  );
}

/**
 * Tenants that share a project, one of which is pinned: a project has one pipeline file, so each vend of one would remove the other's
 * file, or unpin it.
 */
export function sharedPins(
  tenants: ReadonlyMap<string, Pick<TenantConfig, 'project' | 'projects' | 'pinned'>>,
): { tenant: string; other: string }[] {
  const all = [...tenants];
  return all.flatMap(([tenant, config]) => {
    const paths = projectsOf(config).map(({ path }) => path);
    const other = all.find(
      ([name, each]) =>
        name !== tenant &&
        (each.pinned || config.pinned) &&
        projectsOf(each).some(({ path }) => paths.some((own) => samePath(own, path))),
    );
    return other === undefined ? [] : [{ tenant, other: other[0] }];
  });
}

/** What is wrong with a tenant that shares the project of a pinned one. */
export function sharedPinMessage(other: string, { pinned }: Pick<TenantConfig, 'pinned'>): string {
  return `${pinned} is wrong: tenants/${other}.yml has the same project, and one of the two is pinned; a pinned tenant has its project for itself`;
}

/** What in a tenant's file contradicts the projects and the webhook of platform.yml. */
export function platformFaults(file: string, platform: PlatformConfig, tenant: TenantConfig): Fault[] {
  return [
    ...approvalFaults(file, platform.approvals, tenant),
    ...pinnedFaults(file, platform.pipelines, tenant),
    ...ownProjectFaults(file, platform, tenant),
    ...webhookFaults(file, platform, tenant),
  ];
}

/**
 * Builds of a project without a runner need an image to run in. CodeBuild's own credentials pull none of another account's repositories
 * (https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectEnvironment.html).
 */
function webhookFaults(
  file: string,
  { webhook, environments: all }: Pick<PlatformConfig, 'webhook' | 'environments'>,
  { intake, hosts }: TenantConfig,
): Fault[] {
  if (intake !== 'webhook') return [];
  const fault = (why: string) => ({ file, path: 'intake', message: `"webhook" is wrong: ${why}` });
  if (webhook === undefined) return [fault('platform.yml has no key webhook, which says how builds run')];
  const owner = /^(\d{12})\.dkr\.ecr\./.exec(webhook.image)?.[1];
  if (owner === undefined || webhook.registry_secret !== undefined) return [];
  const elsewhere = environments.filter((each) => hosts[each] !== undefined && all[each]?.account !== owner);
  const own = elsewhere.flatMap((each) => (all[each] === undefined ? [] : [`${each} is in ${all[each].account}`]));
  if (own.length === 0) return [];
  return [
    fault(
      `webhook.image in platform.yml is in ECR of account ${owner}, from which builds of other accounts cannot pull, and ${own.join(', ')}; must be in a registry that all of them reach`,
    ),
  ];
}

/**
 * Tenants of one GitLab project whose environments have the same names there: each would overwrite the other's variables.
 * Yields the tenant that is named later, with the one it collides with.
 */
export function sharedEnvironments(
  tenants: ReadonlyMap<string, Pick<TenantConfig, 'project' | 'projects' | 'environment_prefix'>>,
): { tenant: string; other: string }[] {
  const first = new Map<string, string>();
  return [...tenants].flatMap(([tenant, config]) => {
    const places = projectsOf(config).map(({ path }) => `${path.toLowerCase()} ${config.environment_prefix}`);
    const other = places.map((place) => first.get(place)).find((found) => found !== undefined);
    for (const place of places) if (!first.has(place)) first.set(place, tenant);
    return other === undefined ? [] : [{ tenant, other }];
  });
}

/** What is wrong with a tenant that shares its environments' names. */
export function sharedMessage(other: string, tenant: TenantConfig): string {
  const [first, second] = projectsOf(tenant).map(({ path }) => path);
  const named = second === undefined ? first : `${first} or ${second}`;
  return `"${tenant.environment_prefix}" is what tenants/${other}.yml has for the same project ${named}: must be another`;
}

/**
 * The faults of a tenant's hosts: each must lie in the domain of its environment, where the longest domain counts
 * (`shop.dev.example.com` belongs to `dev.example.com`, not to `example.com`), and be named once.
 */
function hostFaults(file: string, platform: Environments, tenant: TenantConfig): Fault[] {
  const seen = new Set<string>();
  return Object.entries(tenant.hosts).flatMap(([environment, hosts = []]) =>
    hosts.flatMap((host, index) => {
      const path = `hosts.${environment}.${index}`;
      const fault = (message: string) => [{ file, path, message: `"${host}" is wrong: ${message}` }];
      const repeated = seen.has(host);
      seen.add(host);
      if (repeated) return fault('it is listed twice');
      const config = platform[environment];
      if (config === undefined) return fault(`platform.yml has no environment ${environment}`);
      if (config.domain === undefined) return [];
      const owner = environmentOfHost(platform, host);
      if (owner === environment) return [];
      const elsewhere = owner === undefined ? '' : `, and it lies in ${owner}'s`;
      return fault(`must lie in ${config.domain}, the domain of ${environment}${elsewhere}`);
    }),
  );
}

/** Each environment of the tenant needs its own branch, or a push would reach two. */
function branchFaults(file: string, platform: Environments, { hosts, branches }: TenantConfig): Fault[] {
  const branchOf = (environment: (typeof environments)[number]) =>
    branches[environment] ?? platform[environment]?.branch ?? defaultBranches[environment];
  const own = environments.filter((environment) => hosts[environment] !== undefined);
  return environments.flatMap((environment) => {
    const branch = branches[environment];
    if (branch === undefined) return [];
    const fault = (message: string) => [
      { file, path: `branches.${environment}`, message: `"${branch}" is wrong: ${message}` },
    ];
    if (!own.includes(environment)) return fault(`the tenant has no hosts in ${environment}`);
    // Of two branches the file names, the later one is the fault.
    const same = own.find(
      (other, index) =>
        other !== environment &&
        branchOf(other) === branch &&
        (branches[other] === undefined || index < own.indexOf(environment)),
    );
    return same === undefined ? [] : fault(`must be a branch of its own: it is that of ${same}`);
  });
}

/**
 * Whether a request can match both: a wildcard stands for one or more characters of a name, including dots
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html#host-conditions).
 */
export function hostsOverlap(one: string, other: string): boolean {
  return one === other || isInWildcard(one, other) || isInWildcard(other, one);
}

function isInWildcard(wildcard: string, host: string): boolean {
  return wildcard.startsWith('*.') && host.endsWith(wildcard.slice(1));
}

/** Every environment the tenant has hosts in must have the load balancer that serves them. */
function balancerFaults(file: string, platform: Environments, tenant: TenantConfig): Fault[] {
  return Object.keys(tenant.hosts).flatMap((environment) => {
    const most = platform[environment]?.load_balancers;
    if (most === undefined || tenant.load_balancer <= most) return [];
    const message = `${tenant.load_balancer} is wrong: must be at most ${most}, the load_balancers of ${environment} in platform.yml`;
    return [{ file, path: 'load_balancer', message }];
  });
}

/** The environment with the longest domain that the host lies in. */
function environmentOfHost(platform: Environments, host: string): string | undefined {
  const name = host.replace(/^\*\./, '');
  let best: { environment: string; domain: string } | undefined;
  for (const [environment, served] of Object.entries(platform)) {
    const domain = served?.domain;
    if (domain === undefined) continue;
    const inside = name === domain || name.endsWith(`.${domain}`);
    if (inside && domain.length > (best?.domain.length ?? 0)) best = { environment, domain };
  }
  return best?.environment;
}
