import type { Aws } from '../../aws/session.ts';
import { names, type Place } from '../../config/names.ts';
import { isSteady, readStack, type StackState } from '../../stack/stack-state.ts';
import type { HealthCheckUpdate } from '../health/health-check.ts';
import { type Group, readGroup, wasReleased } from '../instances/group.ts';
import { isRefreshing } from '../instances/roll-out.ts';
import { dataUpdated, keyChanges, type ProvisionKey } from './provision-key.ts';

/** A virtual host as it is deployed, as far as a few calls show. */
export interface DeployedHost {
  readonly host: StackState | undefined;
  readonly data: StackState | undefined;
  readonly group: Group | undefined;
  readonly refreshing: boolean;
  /** A release has succeeded. */
  readonly released: boolean;
}

export async function readDeployedHost(aws: Aws, place: Place): Promise<DeployedHost> {
  const [host, data, { group, refreshing }] = await Promise.all([
    readStack(aws, names.tenantStack(place, 'host')),
    readStack(aws, names.tenantStack(place, 'data')),
    readInstances(aws, place),
  ]);
  // CodeDeploy is called only as long as the stack says that nothing was released.
  const released = host !== undefined && (host.parameters.HealthCheckType === 'ELB' || (await wasReleased(aws, place)));
  return { host, data, group, refreshing, released };
}

async function readInstances(aws: Aws, place: Place): Promise<Pick<DeployedHost, 'group' | 'refreshing'>> {
  const group = await readGroup(aws, place);
  return { group, refreshing: group !== undefined && (await isRefreshing(aws, group)) };
}

/** The same, and what is wrong with the health check of its target group. */
export interface FoundHost extends DeployedHost {
  readonly healthCheck: Pick<HealthCheckUpdate, 'changes' | 'afterRelease' | 'others'>;
}

/**
 * Why a host is not what a provision of this key would make it; empty when it is. The key says what it was made from; the rest shows
 * that this is still true: comparing what is deployed detects a killed provision, and a change of the group by hand.
 */
export function reasonsToProvision(place: Place, key: ProvisionKey, { host, ...found }: FoundHost): string[] {
  if (host === undefined) return ['there is no virtual host yet'];
  const changes = keyChanges(host.parameters.ProvisionKey, key);
  return changes.length > 0 ? changes : differences(place, key, { ...found, host });
}

/** What an unfinished provision left, on stacks whose key may be that of an earlier one. */
export function interruptions(
  place: Place,
  deployed: { readonly host: StackState; readonly data: StackState | undefined },
): string[] {
  const { host, data } = deployed;
  const { LaunchTemplateVersion: version = '', DataUpdated } = host.parameters;
  const newest = host.outputs.NewestVersion ?? version;
  const reasons = (['host', 'data'] as const).flatMap((layer) => {
    const status = deployed[layer]?.status;
    return status === undefined || isSteady(status) ? [] : [`${names.tenantStack(place, layer)} is ${status}`];
  });
  if (DataUpdated !== dataUpdated(data)) {
    reasons.push(`${names.tenantStack(place, 'data')} was updated since, or by a provision that did not finish`);
  }
  if (Number(newest) > Number(version)) reasons.push(`launch template version ${newest} was not rolled out`);
  return reasons;
}

function differences(place: Place, { image }: ProvisionKey, deployed: FoundHost & { host: StackState }): string[] {
  const { host, group, refreshing, released } = deployed;
  const { LaunchTemplateVersion: version = '', HealthCheckType, ImageId } = host.parameters;
  const reasons = interruptions(place, deployed);
  const { changes, afterRelease, others = [] } = deployed.healthCheck;
  const all = [...changes, ...others.flatMap((each) => each.changes)];
  for (const { setting, from, to } of all) reasons.push(`${setting} is ${from}, not ${to}`);
  if (ImageId !== image) reasons.push(`the stack has the image ${ImageId}, not ${image}`);
  if (released && HealthCheckType === 'EC2' && afterRelease === undefined)
    reasons.push('since the release the load balancer decides who is healthy');
  if (group === undefined) return [...reasons, `there is no Auto Scaling group ${names.host(place)}`];
  if (group.version !== version) {
    reasons.push(`instances start from launch template version ${group.version}, not ${version}`);
  }
  if (refreshing) reasons.push(`an instance refresh of ${group.name} is running`);
  if (group.inService.length < group.min) {
    reasons.push(`${group.inService.length} of ${group.min} instances are in service`);
  }
  return reasons;
}
