import type { Stack } from '@aws-sdk/client-cloudformation';
import type { DBInstance } from '@aws-sdk/client-rds';
import type { Aws } from '../../aws/session.ts';
import { hostAlarms, names, type Place } from '../../config/names.ts';
import type { StandingRule } from '../../listener/listener-rules.ts';
import { answersOf, type EntryOutputs, mayBePaged, readRulesOf, switchOf } from '../../listener/rule-answers.ts';
import { healthReason } from '../../release/failure/target-health.ts';
import { isAbsent } from '../../stack/stack-state.ts';
import { driftBesidesSwitch } from '../maintenance/switched-drift.ts';
import type { HostAlarm, HostDatabase, HostTarget, StackLook } from './host-snapshot.ts';

/** The targets of a target group; none where it is gone. */
export async function readHostTargets(aws: Aws, name: string): Promise<HostTarget[]> {
  const { DescribeTargetGroupsCommand, DescribeTargetHealthCommand, TargetGroupNotFoundException } = await import(
    '@aws-sdk/client-elastic-load-balancing-v2'
  );
  const elb = await aws.elb();
  try {
    const [group] = (await elb.send(new DescribeTargetGroupsCommand({ Names: [name] }))).TargetGroups ?? [];
    if (group?.TargetGroupArn === undefined) return [];
    const command = new DescribeTargetHealthCommand({ TargetGroupArn: group.TargetGroupArn });
    const { TargetHealthDescriptions = [] } = await elb.send(command);
    return TargetHealthDescriptions.map((target) => {
      const { State, Description, Reason } = target.TargetHealth ?? {};
      const reason = healthReason(group, target) ?? Description ?? Reason;
      const instance = target.Target?.Id ?? '';
      return { instance, state: State ?? 'unknown', ...(State === 'healthy' || !reason ? {} : { reason }) };
    }).sort((one, other) => one.instance.localeCompare(other.instance));
  } catch (error) {
    if (error instanceof TargetGroupNotFoundException) return [];
    throw error;
  }
}

/** The host's alarms, by their names: a role of the tenant's may describe these and no others; all pages. */
export async function readHostAlarms(aws: Aws, place: Place): Promise<HostAlarm[]> {
  const { paginateDescribeAlarms } = await import('@aws-sdk/client-cloudwatch');
  const AlarmNames = hostAlarms.map((alarm) => names.hostAlarm(names.tenantStack(place, 'host'), alarm));
  const found: HostAlarm[] = [];
  const client = await aws.cloudWatch();
  for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client }, { AlarmNames })) {
    for (const { AlarmName: name = '', StateValue, StateUpdatedTimestamp, StateReason } of MetricAlarms) {
      const since = StateUpdatedTimestamp === undefined ? {} : { since: StateUpdatedTimestamp.getTime() };
      const reason = StateValue === 'ALARM' && StateReason ? { reason: StateReason } : {};
      found.push({ name, state: StateValue ?? 'unknown', ...since, ...reason });
    }
  }
  return found.sort((one, other) => one.name.localeCompare(other.name));
}

/** The host's database; `undefined` where it has none. */
export async function readHostDatabase(aws: Aws, place: Place): Promise<HostDatabase | undefined> {
  const { DBInstanceNotFoundFault, DescribeDBInstancesCommand } = await import('@aws-sdk/client-rds');
  const command = new DescribeDBInstancesCommand({ DBInstanceIdentifier: names.host(place) });
  try {
    const [found] = (await (await aws.rds()).send(command)).DBInstances ?? [];
    return found && databaseOf(found);
  } catch (error) {
    if (error instanceof DBInstanceNotFoundFault) return undefined;
    throw error;
  }
}

function databaseOf(found: DBInstance): HostDatabase {
  const { MasterUserPassword, ...pending } = found.PendingModifiedValues ?? {};
  return {
    class: found.DBInstanceClass ?? '',
    status: found.DBInstanceStatus ?? '',
    engine: `${found.Engine ?? ''} ${found.EngineVersion ?? ''}`.trim(),
    standby: found.MultiAZ === true,
    pending: [
      ...Object.entries(pending)
        .filter(([, value]) => value !== undefined)
        .map(([setting, value]) => `${setting}: ${typeof value === 'object' ? JSON.stringify(value) : value}`),
      ...(MasterUserPassword === undefined ? [] : ['the password']),
    ],
  };
}

/** The tenant's stacks, and what the last detection of drift said of each; it starts none. */
export async function readStackLooks(aws: Aws, place: Place): Promise<StackLook[]> {
  const { DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  const client = await aws.cloudFormation();
  const layers = (['access', 'entry', 'data', 'host'] as const).map((layer) => names.tenantStack(place, layer));
  return await Promise.all(
    layers.map(async (name) => {
      const answer = await client.send(new DescribeStacksCommand({ StackName: name })).catch((error: unknown) => {
        if (isAbsent(error)) return undefined;
        throw error;
      });
      const found = answer?.Stacks?.[0];
      const { StackDriftStatus = 'NOT_CHECKED', LastCheckTimestamp } = found?.DriftInformation ?? {};
      const outputs = outputsOf(found?.Outputs);
      const [drift, look] = await Promise.all([
        driftBesidesSwitch(aws, place, { name, found: StackDriftStatus, outputs }),
        maintenanceLook(aws, outputs),
      ]);
      return {
        name,
        status: found?.StackStatus ?? 'missing',
        drift,
        ...(LastCheckTimestamp === undefined ? {} : { checkedAt: LastCheckTimestamp.getTime() }),
        ...look,
      };
    }),
  );
}

type EntryLook = Pick<StackLook, 'inMaintenance'>;

/** Whether a page answers for the hosts, by the rules of an entry stack. Where none may, it costs no call. */
async function maintenanceLook(aws: Aws, outputs: EntryOutputs): Promise<EntryLook> {
  return mayBePaged(outputs) ? lookOf(outputs, await readRulesOf(aws, [outputs])) : {};
}

/** @param standing rules of the listeners, where a page may answer */
export function lookOf(outputs: EntryOutputs, standing: readonly StandingRule[]): EntryLook {
  if (!mayBePaged(outputs) || answersOf(outputs, standing) === 'instances') return {};
  return { inMaintenance: switchOf(outputs) === undefined ? 'vended' : 'switched' };
}

export function outputsOf(given: Stack['Outputs'] = []): EntryOutputs {
  return Object.fromEntries(given.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}
