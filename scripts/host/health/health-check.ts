import type { TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { VendhostConfig } from '../../config/vendhost.ts';

/** The tenant's settings of the health check; `grace_seconds` is Auto Scaling's. */
export type HealthCheck = Pick<VendhostConfig['health_check'], 'path' | 'status'>;

/** A target group as it is. */
export interface PresentTargetGroup {
  readonly arn: string;
  readonly name: string;
  readonly settings: TargetGroup;
  /** Those of the other load balancers that forward to the instances, while the tenant moves. */
  readonly others?: readonly PresentTargetGroup[];
}

/** A setting of the health check as it is, and as it should be. */
export interface HealthCheckChange {
  /** In words, like `health check path`. */
  readonly setting: string;
  readonly from: string;
  readonly to: string;
}

/** What provisioning changes in the health check of the tenant's target group. */
export interface HealthCheckUpdate {
  readonly arn: string;
  /** Name of the target group. */
  readonly targetGroup: string;
  /** What provisioning sets. */
  readonly wanted: HealthCheck;
  readonly changes: readonly HealthCheckChange[];
  /** What is left to the end of the release, because the present software may not pass it. */
  readonly afterRelease?: readonly HealthCheckChange[];
  /** The same check for the target groups of other load balancers, while the tenant moves. */
  readonly others?: readonly Pick<HealthCheckUpdate, 'arn' | 'targetGroup' | 'changes'>[];
}

/** The state of a host, as far as the health check is concerned. */
export interface HostProgress {
  /** A release has succeeded: instances serve, and must keep serving. */
  readonly released: boolean;
  /** No instance passes the check that is set. */
  readonly failing?: boolean;
}

/** An instance is healthy after 20 seconds, and unhealthy after 30. */
const pace = {
  HealthCheckIntervalSeconds: 10,
  HealthCheckTimeoutSeconds: 5,
  HealthyThresholdCount: 2,
  UnhealthyThresholdCount: 3,
};

/**
 * All codes that a check behind an Application Load Balancer can accept: software that passes one with the same path passes this.
 * (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html)
 */
export const anyStatus = '200-499';

/** Settings of a target group by their names in `ModifyTargetGroup`, which cannot change its port or protocol. */
export function settingsOf({ path, status }: HealthCheck) {
  return {
    HealthCheckPath: path,
    Matcher: { HttpCode: status },
    HealthCheckProtocol: 'HTTP',
    HealthCheckPort: 'traffic-port',
    ...pace,
  } as const;
}

/**
 * Compares the health check of a target group with what it should be. Software and check are in one commit, but the software comes
 * later: so on a released host another path or status is set only when the release has succeeded, and until then any answer below
 * 500 on the present path passes, for the old software, the new one, and the old one again if the release is rolled back.
 */
export function healthCheckUpdate(
  present: PresentTargetGroup,
  wanted: HealthCheck,
  progress: HostProgress,
): HealthCheckUpdate {
  const update = updateOf(present, wanted, progress);
  const others = (present.others ?? []).map(({ arn, name, settings }) => {
    return { arn, targetGroup: name, changes: changesOf(settings, update.wanted) };
  });
  return others.length === 0 ? update : { ...update, others };
}

/** All that is set, by target group. */
export function checksToSet({ others = [], ...first }: HealthCheckUpdate): NonNullable<HealthCheckUpdate['others']> {
  return [first, ...others].filter(({ changes }) => changes.length > 0);
}

function updateOf(
  { arn, name, settings }: PresentTargetGroup,
  wanted: HealthCheck,
  { released, failing = false }: HostProgress,
): HealthCheckUpdate {
  const group = { arn, targetGroup: name };
  const { HealthCheckPath: path, Matcher } = settings;
  const isKept = path === wanted.path && Matcher?.HttpCode === wanted.status;
  if (!released || (isKept && !failing)) return { ...group, wanted, changes: changesOf(settings, wanted) };
  const meanwhile = { path: path ?? '/', status: anyStatus };
  return {
    ...group,
    wanted: meanwhile,
    changes: changesOf(settings, meanwhile),
    afterRelease: changesOf(settingsOf(meanwhile), wanted),
  };
}

function changesOf(settings: TargetGroup, wanted: HealthCheck): HealthCheckChange[] {
  return Object.entries(settingsOf(wanted)).flatMap(([key, value]): HealthCheckChange[] => {
    const [from, to] = [text(settings[key as keyof TargetGroup]), text(value)];
    return from === to ? [] : [{ setting: words[key] ?? key, from, to }];
  });
}

/** A health check as a parameter of the host stack, where a release finds it; a status has no space. */
export function healthCheckText({ path, status }: HealthCheck): string {
  return `${status} ${path}`;
}

/** The health check in such a text; `undefined` for what older versions left. */
export function healthCheckFrom(text = ''): HealthCheck | undefined {
  const [, status, path] = /^(\S+) (.+)$/.exec(text) ?? [];
  return status === undefined || path === undefined ? undefined : { status, path };
}

const words: Readonly<Record<string, string>> = {
  HealthCheckPath: 'health check path',
  Matcher: 'healthy status',
  HealthCheckProtocol: 'health check protocol',
  HealthCheckPort: 'health check port',
  HealthCheckIntervalSeconds: 'seconds between health checks',
  HealthCheckTimeoutSeconds: 'health check timeout in seconds',
  HealthyThresholdCount: 'successes until healthy',
  UnhealthyThresholdCount: 'failures until unhealthy',
};

function text(value: unknown): string {
  if (value !== null && typeof value === 'object' && 'HttpCode' in value) return String(value.HttpCode);
  return value === undefined ? 'none' : String(value);
}
