import type { OtherBalancer } from '../../../cdk/tenant/host/host-props.ts';
import { type PublishedFacts, platformFacts, readPublishedFacts, readTenantRecord } from '../../aws/read-facts.ts';
import type { Aws } from '../../aws/session.ts';
import type { PlatformFacts, TenantRecord } from '../../config/facts.ts';
import type { Place } from '../../config/names.ts';
import type { VendhostConfig } from '../../config/vendhost.ts';
import type { AppBuilder } from '../../stack/assembly.ts';
import { healthCheckUpdate, type PresentTargetGroup } from '../health/health-check.ts';
import { readTargetGroup, readTargetHealth } from '../health/tenant-target-group.ts';
import { readLibrary } from '../key/library.ts';
import { type DeployedHost, readDeployedHost, reasonsToProvision } from '../key/look-up.ts';
import { type ProvisionKey, provisionKey } from '../key/provision-key.ts';

/** What a host is planned from, in addition to its repository. */
export interface HostInputs {
  readonly facts: PlatformFacts;
  readonly record: TenantRecord;
  readonly targetGroup: PresentTargetGroup;
  readonly otherBalancers: readonly OtherBalancer[];
  readonly deployed: DeployedHost;
  readonly library: string;
}

export async function readHostInputs(aws: Aws, place: Place): Promise<HostInputs> {
  const [published, access, deployed, library] = await Promise.all([
    readPublishedFacts(aws, place.environment),
    readAccess(aws, place),
    readDeployedHost(aws, place),
    readLibrary(),
  ]);
  const facts = platformFacts(published, access.record.loadBalancer);
  return { facts, ...access, otherBalancers: othersOf(published, access), deployed, library };
}

/** What the tenant was given when it was vended. */
async function readAccess(aws: Aws, place: Place) {
  const record = await readTenantRecord(aws, place);
  return { record, targetGroup: await readTargetGroup(aws, place, record) };
}

function othersOf(
  published: PublishedFacts,
  { record: { otherBalancers = [] }, targetGroup }: Pick<HostInputs, 'record' | 'targetGroup'>,
): OtherBalancer[] {
  return otherBalancers.flatMap((number, index) => {
    const facts = platformFacts(published, number);
    const [loadBalancerArn, securityGroup] = [facts['load-balancer-arn'], facts['load-balancer-security-group-id']];
    const other = targetGroup.others?.[index];
    return other === undefined ? [] : [{ number, loadBalancerArn, securityGroup, targetGroup: other.arn }];
  });
}

/** Whether a provision has anything to do. */
export interface HostVerdict {
  readonly key: ProvisionKey;
  /** No instance passes the health check, and Auto Scaling does not replace them for it yet. */
  readonly failing: boolean;
  /** Empty: the host matches its provision key, and what this provision would make it. */
  readonly reasons: readonly string[];
}

/** @param image the AMI of the instances; without it they keep the one they have */
export async function judgeHost(
  aws: Aws,
  { facts, record, targetGroup, deployed, library }: HostInputs,
  { place, config, image }: { place: Place; config: VendhostConfig; image: string | undefined },
): Promise<HostVerdict> {
  const key = provisionKey({
    ...{ config, facts, record, library },
    image: image || (deployed.host?.parameters.ImageId ?? ''),
  });
  const failing = await isFailing(aws, targetGroup.arn, deployed);
  const { released } = deployed;
  const healthCheck = healthCheckUpdate(targetGroup, config.health_check, { released, failing });
  return { key, failing, reasons: reasonsToProvision(place, key, { ...deployed, healthCheck }) };
}

async function isFailing(aws: Aws, targetGroup: string, { host, released }: DeployedHost): Promise<boolean> {
  if (!released || host?.parameters.HealthCheckType !== 'EC2') return false;
  const { healthy, unhealthy } = await readTargetHealth(aws, targetGroup);
  return healthy.length === 0 && unhealthy.length > 0;
}

/** What the CDK app of a host is given. */
export interface HostAppParts {
  readonly place: Place;
  readonly facts: PlatformFacts;
  readonly record: TenantRecord;
  /** ARN. */
  readonly targetGroup: string;
  readonly otherBalancers: readonly OtherBalancer[];
  readonly config: VendhostConfig;
  readonly keepsDatabase: boolean;
}

/** The CDK app of a host's stacks; a template was validated when it was deployed. */
export async function hostApp(
  aws: Aws,
  { validation, ...parts }: HostAppParts & { validation: boolean },
): Promise<AppBuilder> {
  const { region } = aws;
  const account = await aws.account();
  return async (app) => {
    const { virtualHostApp } = await import('../../../cdk/tenant/virtual-host-app.ts');
    return virtualHostApp({ ...parts, account, region }, { ...app, validation });
  };
}
