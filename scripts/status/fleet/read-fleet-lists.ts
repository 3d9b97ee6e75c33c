import { atMost } from '../../aws/at-most.ts';
import type { Aws } from '../../aws/session.ts';
import type { Environment } from '../../config/environment.ts';
import { type EntryOutputs, mayBePaged, readRulesOf } from '../../listener/rule-answers.ts';
import type { HostAlarm } from '../host/host-snapshot.ts';
import { lookOf, outputsOf } from '../host/read-host-parts.ts';
import { driftBesidesSwitch } from '../maintenance/switched-drift.ts';
import type { FleetGroup, FleetStack } from './fleet-snapshot.ts';

/** Each list is read for a whole environment, by its pages: how many calls that is does not depend on how many tenants a page holds. */

/** More is read of the drift of so many stacks at the same time; only of drifted ones whose maintenance the tenant's jobs may switch. */
const driftsAtOnce = 4;

/** Stacks of an environment, with the last detection of their drift; all pages. */
export async function readFleetStacks(aws: Aws, environment: Environment): Promise<FleetStack[]> {
  const prefix = `vendhost-${environment}-`;
  const { paginateDescribeStacks } = await import('@aws-sdk/client-cloudformation');
  const found: { readonly stack: FleetStack; readonly tenant: string; readonly outputs: EntryOutputs }[] = [];
  for await (const { Stacks = [] } of paginateDescribeStacks({ client: await aws.cloudFormation() }, {})) {
    for (const {
      StackName: name = '',
      StackStatus: status = '',
      DriftInformation,
      Parameters = [],
      Outputs,
      Tags = [],
    } of Stacks) {
      if (!name.startsWith(prefix)) continue;
      const { StackDriftStatus: drift = 'NOT_CHECKED', LastCheckTimestamp } = DriftInformation ?? {};
      const tenant = Tags.find(({ Key }) => Key === 'vendhost:tenant')?.Value ?? '';
      const image = Parameters.find(({ ParameterKey }) => ParameterKey === 'ImageId')?.ParameterValue;
      const stack = {
        ...{ name, status, drift },
        ...(LastCheckTimestamp === undefined ? {} : { checkedAt: LastCheckTimestamp.getTime() }),
        ...(image === undefined ? {} : { image }),
      };
      found.push({ stack, tenant, outputs: outputsOf(Outputs) });
    }
  }
  const standing = await readRulesOf(aws, found.map(({ outputs }) => outputs).filter(mayBePaged));
  return await atMost(driftsAtOnce, found, async ({ stack, tenant, outputs }) => ({
    ...stack,
    drift: await driftBesidesSwitch(aws, { tenant, environment }, { name: stack.name, found: stack.drift, outputs }),
    ...lookOf(outputs, standing),
  }));
}

/** Auto Scaling groups whose names begin so; all pages. */
export async function readFleetGroups(aws: Aws, prefix: string): Promise<FleetGroup[]> {
  const { paginateDescribeAutoScalingGroups } = await import('@aws-sdk/client-auto-scaling');
  const found: FleetGroup[] = [];
  // A page has at most 100 (https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_DescribeAutoScalingGroups.html).
  const pages = { client: await aws.autoScaling(), pageSize: 100 };
  for await (const { AutoScalingGroups = [] } of paginateDescribeAutoScalingGroups(pages, {})) {
    for (const { AutoScalingGroupName: name = '', MinSize: min = 0, Instances = [] } of AutoScalingGroups) {
      if (!name.startsWith(prefix)) continue;
      const serving = Instances.filter(
        ({ LifecycleState, HealthStatus }) =>
          LifecycleState === 'InService' && HealthStatus?.toLowerCase() === 'healthy',
      );
      found.push({ name, min, inService: serving.length, instances: Instances.length });
    }
  }
  return found;
}

/** Alarms whose names begin so and that have gone off; all pages. */
export async function readFleetAlarms(aws: Aws, prefix: string): Promise<HostAlarm[]> {
  const { paginateDescribeAlarms } = await import('@aws-sdk/client-cloudwatch');
  const found: HostAlarm[] = [];
  const pages = { client: await aws.cloudWatch(), pageSize: 100 };
  const wanted = { AlarmNamePrefix: prefix, StateValue: 'ALARM' as const };
  for await (const { MetricAlarms = [] } of paginateDescribeAlarms(pages, wanted)) {
    for (const { AlarmName: name = '', StateUpdatedTimestamp } of MetricAlarms) {
      const since = StateUpdatedTimestamp === undefined ? {} : { since: StateUpdatedTimestamp.getTime() };
      found.push({ name, state: 'ALARM', ...since });
    }
  }
  return found;
}
