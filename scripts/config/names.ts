import { createHash } from 'node:crypto';

/** A tenant and an environment: the parts of nearly every name. */
export interface Place {
  readonly environment: string;
  readonly tenant: string;
}

/** Shortens a name to an AWS limit; the cut part is replaced by a hash of the whole, so that names stay distinct. */
export function shorten(name: string, limit: number): string {
  if (name.length <= limit) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 6);
  return `${name.slice(0, limit - hash.length - 1).replace(/-+$/, '')}-${hash}`;
}

/** IAM role names have at most 64 characters (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html). */
const roleNameLimit = 64;
const bucketNameLimit = 63;
/** Target groups and load balancers: 32 characters (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html). */
const loadBalancingNameLimit = 32;
/** The part left by port and load balancer. */
const targetGroupLimit = loadBalancingNameLimit - '--65535-10'.length;

export type PlatformLayer = 'network' | 'storage' | 'access' | 'balancer';
/** Roles of the platform repository's jobs, and of CloudFormation when it works for them. */
export type PlatformRole = 'plan' | 'deploy' | 'execution' | 'vend' | 'vend-execution';
/** Managed policies of the roles of the same names. */
export type PlatformPolicy = 'plan-drift' | 'execution-network' | 'execution-storage';
export type TenantLayer = 'access' | 'entry' | 'intake' | 'data' | 'host';
export type TenantRole =
  | 'deploy'
  | 'infrastructure-deploy'
  | 'software-deploy'
  | 'plan'
  | 'execution'
  | 'instance'
  | 'pipeline'
  | 'codedeploy'
  | 'intake'
  | 'intake-build'
  | 'switch'
  | 'infrastructure-build'
  | 'software-build'
  | 'approver'
  | 'approver-job';

/** The role of jobs that deploy: those of a tenant's only project, or of the project with one half. */
export function deployRoleOf(half: 'infrastructure' | 'software' | undefined): TenantRole {
  return half === undefined ? 'deploy' : `${half}-deploy`;
}

/** The role of builds that clone: of a tenant's only project, or of the project with one half. */
export function buildRoleOf(half: 'infrastructure' | 'software' | undefined): TenantRole {
  return half === undefined ? 'intake-build' : `${half}-build`;
}

/** A tenant's builds: `machine` is the infrastructure's, so it has no half in its name. */
export const buildNames = ['intake', 'infrastructure-intake', 'software-intake', 'machine'] as const;
type BuildName = (typeof buildNames)[number];

/** The build that clones a project. */
export function intakeOf(half: 'infrastructure' | 'software' | undefined): BuildName {
  return half === undefined ? 'intake' : `${half}-intake`;
}

/** The current MySQL release with long-term support (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/MySQL.Concepts.VersionMgmt.html). */
export const mysqlVersion = '8.4';

/** Logs of a database that go to CloudWatch. */
export const databaseLogs = ['error', 'slowquery'] as const;

/** Logs of a virtual host's instances that go to CloudWatch: output of hooks, and the files that the tenant lists. */
export const hostLogs = ['hooks', 'software'] as const;
export type HostLog = (typeof hostLogs)[number];

/** Complete suffixes of the names of a host stack's alarms: another tenant's name may start with this one's. */
export const hostAlarms = [
  'unhealthy-hosts',
  'server-errors',
  'database-storage',
  'database-cpu',
  'database-connections',
] as const;

export const names = {
  platformStack: (environment: string, layer: PlatformLayer) => `vendhost-${environment}-${layer}`,
  /** An environment's load balancers are numbered from 1; each has a stack. */
  balancerStack: (environment: string, number: number) => `vendhost-${environment}-balancer${suffix(number)}`,
  /** The managed policies that the roles in the platform's access stack have. */
  policiesStack: (environment: string) => `vendhost-${environment}-policies`,
  /** Where jobs vend: the role that CloudFormation works with for them. */
  vendingStack: (environment: string) => `vendhost-${environment}-vending`,
  /** One per account, whatever environments it has. */
  gitlabStack: 'vendhost-gitlab',
  /** One per account and region with a tenant whose pushes GitLab reports: the endpoint and its functions. */
  webhookStack: 'vendhost-webhook',
  /** The function that answers GitLab, or the one that starts builds; their log groups have the same names. */
  webhookFunction: (which: 'receive' | 'start') => `vendhost-webhook-${which}`,
  /** What the function knows about a tenant's webhook: branch, project, hashes of its tokens. */
  webhookSecret: ({ environment, tenant }: Place) => `vendhost/${environment}/${tenant}/webhook`,
  /** The deploy token with which builds clone a tenant's only project, or the one with a half. */
  cloneSecret: ({ environment, tenant }: Place, half?: 'infrastructure' | 'software') =>
    `vendhost/${environment}/${tenant}/${half === undefined ? '' : `${half}-`}clone`,
  /** CodeBuild projects: the intakes clone, and make revisions of pushes, `machine` bakes and provisions. */
  buildProject: ({ environment, tenant }: Place, which: BuildName) => `vendhost-${environment}-${tenant}-${which}`,
  buildLogGroup: ({ environment, tenant }: Place, which: BuildName) =>
    `/vendhost/hosts/${environment}/${tenant}/builds-${which}`,
  /** Alarm for builds that failed. */
  buildAlarm: (place: Place, which: BuildName) => `${names.buildProject(place, which)}-failed`,
  /** The rule that starts the machine's build for objects written to its intake. */
  machineRule: (place: Place) => names.buildProject(place, 'machine'),
  tenantStack: ({ environment, tenant }: Place, layer: TenantLayer) => `vendhost-${environment}-${tenant}-${layer}`,
  bucket: (environment: string, account: string, region: string) => `vendhost-${environment}-${account}-${region}`,
  /** Access logs of the load balancer and the bucket: they cannot be delivered to a bucket encrypted with KMS. */
  logBucket: (environment: string, account: string, region: string) =>
    `vendhost-${environment}-${account}-${region}-logs`,
  /**
   * The tenant's own bucket. Bucket names are unique in the world and have at most 63 characters
   * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html).
   */
  tenantBucket: ({ environment, tenant }: Place, account: string, region: string) =>
    shorten(`vendhost-${environment}-${tenant}-${account}-${region}`, bucketNameLimit),
  keyAlias: (environment: string) => `alias/vendhost-${environment}`,
  trail: (environment: string) => `vendhost-${environment}`,
  alertsTopic: (environment: string) => `vendhost-${environment}-alerts`,
  /** The dead-letter queue of all intakes, and its alarm. */
  undeliveredQueue: (environment: string) => `vendhost-${environment}-undelivered`,
  /** DB subnet group of all tenants' databases: named like the layer, so that no tenant has permissions on it through its own name. */
  databaseSubnets: (environment: string) => names.platformStack(environment, 'network'),
  loadBalancer: (environment: string, number: number) =>
    shorten(`vendhost-${environment}${suffix(number)}`, loadBalancingNameLimit),
  /** A target group can change neither port nor load balancer: for another one a new group is created, with another name. */
  targetGroup: (place: Place, port: number, loadBalancer: number) =>
    `${names.targetGroupPrefix(place)}${port}-${loadBalancer}`,
  /** Prefix of the names of a tenant's target groups. No tenant's name has two hyphens in a row, so the prefix is unique. */
  targetGroupPrefix: ({ environment, tenant }: Place) =>
    `${shorten(`vendhost-${environment}-${tenant}`, targetGroupLimit)}--`,
  /** Pattern of the names of all tenants' target groups in an environment, including shortened ones. */
  targetGroups: (environment: string) =>
    `${`vendhost-${environment}-`.slice(0, targetGroupLimit - '-012345'.length)}*--*`,
  boundary: (environment: string) => `vendhost-${environment}-boundary`,
  /** Permissions boundary of the roles with which services write logs, the only roles a platform pipeline can create. */
  serviceBoundary: (environment: string) => `vendhost-${environment}-service-boundary`,
  /** Permissions boundary of the roles that switch maintenance, the only roles of a tenant that change listener rules. */
  switchBoundary: (environment: string) => `vendhost-${environment}-switch-boundary`,
  builderRole: (environment: string) => shorten(`vendhost-${environment}-builder`, roleNameLimit),
  /** Not under `vendhost-<environment>-`: the boundary lets a tenant's roles pass roles with that prefix. */
  platformRole: (environment: string, role: PlatformRole) => `vendhost-platform-${environment}-${role}`,
  /** A managed policy of a platform role, named after the role. */
  platformPolicy: (environment: string, policy: PlatformPolicy) => `vendhost-platform-${environment}-${policy}`,
  /** The managed policy with what `vendhost drift check` reads in a tenant's project. */
  driftPolicy: (environment: string) => `vendhost-${environment}-tenant-drift`,
  tenantRole: ({ environment, tenant }: Place, role: TenantRole) =>
    shorten(`vendhost-${environment}-${tenant}-${role}`, roleNameLimit),
  /**
   * The managed policy with what jobs of a tenant read. Until 0.1.0 it was `…-reading`, with the project's path in its description. This name is
   * among those of policies that a tenant's drift check may read; its permissions have no room for one more.
   */
  readingPolicy: ({ environment, tenant }: Place) => `vendhost-${environment}-${tenant}-execution-jobs-reading`,
  /** A tenant's managed policies: to launch instances (three of its roles have it), and to bake. They are named like the one above for the same reason. */
  imagePolicy: ({ environment, tenant }: Place, which: 'baking' | 'launching') =>
    `vendhost-${environment}-${tenant}-execution-${which}`,
  /** The managed policy to copy a tenant's images from another environment. */
  promotingPolicy: (environment: string) => `vendhost-${environment}-tenant-promoting`,
  /** The managed policy to read them, in the source environment. */
  promotedPolicy: (environment: string) => `vendhost-${environment}-tenant-promoted`,
  /** The Auto Scaling group, CodeDeploy application and deployment group of a virtual host share this name, and its pipeline. */
  host: ({ environment, tenant }: Place) => `vendhost-${environment}-${tenant}`,
  /** The Automation document with which a tenant's jobs switch maintenance; names of documents have at most 128 characters. */
  switchDocument: ({ environment, tenant }: Place) => `vendhost-${environment}-${tenant}-maintenance`,
  /** The EventBridge rule that starts the pipeline for objects written to the intake; rule names have at most 64 characters. */
  intakeRule: ({ environment, tenant }: Place) => `vendhost-${environment}-${tenant}-intake`,
  /** AMI names are unique in an account and region: the run's id distinguishes two bakes of one key. */
  image: ({ environment, tenant }: Place, bakeKey: string, run: string) =>
    `vendhost-${environment}-${tenant}-${bakeKey.slice(0, 12)}-${run}`,
  /**
   * Name of the pipeline's artifact. CodePipeline puts artifacts under the first 20 characters of the pipeline's name and
   * the first 10 of the artifact's: only this name separates tenants, and the permissions of their roles.
   */
  artifact: ({ environment, tenant }: Place) =>
    `r${createHash('sha256').update(`${environment}/${tenant}`).digest('hex').slice(0, 9)}`,
  databaseSecret: ({ environment, tenant }: Place) => `vendhost/${environment}/${tenant}/database`,
  /** RDS names are in lower case. */
  /** A new release of MySQL needs a new group, and this one must stay until the database uses that. */
  databaseParameters: (place: Place) => `${dataStack(place)}-mysql${mysqlVersion.replace('.', '')}`,
  databaseLogs: ({ environment, tenant }: Place) =>
    databaseLogs.map((log) => `/aws/rds/instance/vendhost-${environment}-${tenant}/${log}`),
  /** Not below `/vendhost/<environment>/`, where the platform's own log groups are. */
  hostLogGroup: ({ environment, tenant }: Place, log: HostLog) => `/vendhost/hosts/${environment}/${tenant}/${log}`,
  /** @param stack name of the host stack, or its placeholder in a policy */
  hostAlarm: (stack: string, alarm: (typeof hostAlarms)[number]) => `${stack}-${alarm}`,
  factsPath: (environment: string) => `/vendhost/${environment}`,
  /** A fact of a load balancer: the first one's facts have no number. */
  balancerFact: (fact: string, number: number) => `${fact}${suffix(number)}`,
  subnetFact: (kind: string, zone: string, fact: 'id' | 'cidr' | 'zone') => `subnets/${kind}-${zone}/${fact}`,
  tenantRecord: ({ environment, tenant }: Place) => `/vendhost/${environment}/tenants/${tenant}`,
} as const;

function dataStack({ environment, tenant }: Place): string {
  return `vendhost-${environment}-${tenant}-data`;
}

function suffix(number: number): string {
  return number === 1 ? '' : `-${number}`;
}

/**
 * Variable of a tenant's project with the region and the read-only role for jobs on any branch: `eu-west-1 arn:…`. It is not scoped to the
 * environment: a job that names a protected environment runs only for people who may deploy to it
 * (https://gitlab.com/gitlab-org/gitlab/-/issues/437142), and merge requests are for everybody.
 */
export function planAccessVariable({ environment, tenant }: Place): string {
  return `VENDHOST_PLAN_ACCESS_${tenant.replaceAll('-', '_').toUpperCase()}_${environment.toUpperCase()}`;
}

/** Variable of a tenant's pipeline with the commit of a release, which the message to approvers names. */
export const commitVariable = 'Commit';

/** Tags every resource carries; a platform resource has no tenant. */
export function tags(environment: string, layer: string, tenant?: string): Record<string, string> {
  return {
    'vendhost:environment': environment,
    ...(tenant === undefined ? {} : { 'vendhost:tenant': tenant }),
    'vendhost:layer': layer,
  };
}

/** A file at the root of each revision with the revision's name, for hooks and software to read. */
export const revisionFile = '.vendhost-revision';

/** Prefix in a tenant's own bucket under which Systems Manager stores the output of commands that ran on its instances. */
export const commandOutputs = 'vendhost/commands/';

/** Keys in an environment's bucket. */
export const keys = {
  revision: (tenant: string, sha256: string) => `software/${tenant}/${sha256}.zip`,
  /** The source key of pipelines; this object never exists, so a pipeline that starts by itself deploys nothing. */
  noRevision: (tenant: string) => `software/${tenant}/no-revision-was-named.zip`,
  revisions: (tenant: string) => `software/${tenant}/`,
  /** Where software is written that no job pushed: with an intake, each `.zip` here is released. */
  intake: (tenant: string) => `software/${tenant}/intake/`,
  /** What a build makes from a push. `delivery` is the hash of GitLab's delivery id: the same one is written once. */
  intakeRevision: (tenant: string, delivery: string, sha256: string) =>
    `software/${tenant}/intake/${delivery.slice(0, 16)}-${sha256}.zip`,
  /** Where a build writes the machine's sources: each `.tar.gz` here is baked and provisioned. */
  machineIntake: (tenant: string) => `infrastructure/${tenant}/intake/`,
  machineArchive: (tenant: string, delivery: string, commit: string) =>
    `infrastructure/${tenant}/intake/${delivery.slice(0, 16)}-${commit}.tar.gz`,
  pushOfMachine: (archive: string) => archive.replace(/\.tar\.gz$/, '.json'),
  /** Where CodePipeline stores the tenant's artifacts: it takes the first 20 characters of the pipeline's name. */
  artifacts: (place: Place) => `${names.host(place).slice(0, 20)}/${names.artifact(place)}/`,
  /** The push's metadata, stored next to the revision. */
  push: (tenant: string, sha256: string) => `software/${tenant}/${sha256}.json`,
  /** The same, for a revision's key. */
  pushOf: (revision: string) => revision.replace(/\.zip$/, '.json'),
  /** Who started an execution of the tenant's pipeline, and for which push. */
  releaseRecord: (tenant: string, executionId: string) => `software/${tenant}/releases/${executionId}.json`,
  /** The rollback that a GitLab pipeline began. `hash` is of its URL. */
  begunRollback: (tenant: string, hash: string) => `software/${tenant}/rollbacks/${hash}.json`,
  /** Which image has a bake key, and what it was made from, input by input. */
  imageRecord: (tenant: string, bakeKey: string) => `infrastructure/${tenant}/${bakeKey}.json`,
  priorityClaims: 'claims/listener/',
  priorityClaim: (listener: string, priority: number) => `claims/listener/${listener}/${priority}.json`,
  tenantPriorities: (listener: string) => `claims/listener/${listener}/tenants/`,
  /** A tenant has one priority for its exact hosts, and one for each depth of its wildcards. */
  tenantPriority: (listener: string, tenant: string, band: string) =>
    `claims/listener/${listener}/tenants/${tenant}/${band}.json`,
  hostClaims: 'claims/hosts/',
  /** For each tenant whose vend is complete, one object, whose name is the vend key: a listing reads them all. */
  vendedMarks: 'claims/vended/',
  vendedMark: (tenant: string, key: string) => `claims/vended/${tenant}/${key}.json`,
  hostClaim: (host: string) => `claims/hosts/${host}.json`,
  /** The hosts that a tenant claimed or is about to claim: a listing shows the owner without a read. */
  tenantHosts: (tenant: string) => `claims/hosts/tenants/${tenant}/`,
  tenantHost: (tenant: string, host: string) => `claims/hosts/tenants/${tenant}/${host}.json`,
  /** The newest pipeline that provisioned the tenant's host. */
  hostPipeline: (tenant: string) => `infrastructure/${tenant}/host/pipeline.json`,
  imageRecords: (tenant: string) => `infrastructure/${tenant}/`,
  bakeLeases: (tenant: string) => `claims/bakes/${tenant}/`,
  auditRecords: (tenant: string) => `audit/${tenant}/`,
  /** @param id ISO 8601 time and a random part: keys sort by time */
  auditRecord: (tenant: string, id: string) => `audit/${tenant}/${id}.json`,
  bakeLease: (tenant: string, bakeKey: string) => `claims/bakes/${tenant}/${bakeKey}.json`,
} as const;
