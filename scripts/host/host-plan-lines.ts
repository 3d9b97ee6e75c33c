import { planLines } from '../stack/stack-plan.ts';
import { checksToSet } from './health/health-check.ts';
import type { HostPlan, InstanceRefresh, StackUpdate } from './host-plan.ts';
import type { LaunchChange } from './instances/launch-changes.ts';
import type { PlannedValue } from './planned-value.ts';

/** The plan as text lines, in the order in which it is applied. */
export function hostPlanLines({ image, healthCheck, data, host, refresh }: HostPlan): string[] {
  return [
    `image ${step(image.from, image.to)}`,
    ...checksToSet(healthCheck).flatMap(({ targetGroup, changes }) =>
      changes.map(({ setting, from, to }) => `target group ${targetGroup}: ${setting} ${step(from, to)}`),
    ),
    ...(healthCheck.afterRelease ?? []).map(
      ({ setting, from, to }) =>
        `after the release, target group ${healthCheck.targetGroup}: ${setting} ${step(from, to)}`,
    ),
    ...(data === undefined ? [] : updateLines(data)),
    ...updateLines(host),
    ...(refresh === undefined ? [] : refreshLines(refresh, host.stack)),
  ];
}

function updateLines(update: StackUpdate): string[] {
  const differing = Object.entries(update.parameters).filter(([, { from, to }]) => from !== to);
  return [
    ...planLines([update]),
    ...differing.map(([name, { from, to }]) => `  parameter ${name}: ${step(from, textOf(to))}`),
  ];
}

function refreshLines(refresh: InstanceRefresh, stack: string): string[] {
  const { group, instances, from, to, replacement, changes, unfinished } = refresh;
  if (replacement === 'no') return [];
  const count = instances === 1 ? 'the instance' : `all ${instances} instances`;
  const be = replacement === 'maybe' ? 'may be' : instances === 1 ? 'is' : 'are';
  const number = typeof to === 'string' ? to : `the number that the update of ${stack} gives it`;
  return [
    instances === 0
      ? `${group} has no instance; the next one starts from a newer version of the launch template`
      : `${count} of ${group} ${be} replaced, each when a new one is healthy`,
    ...changes.map(changeLine),
    ...(unfinished === undefined
      ? []
      : [`  the roll-out of version ${unfinished} failed or did not take place before`]),
    `  launch template version: ${from} → ${number}`,
    `  then parameter LaunchTemplateVersion of ${stack} gets that number`,
  ];
}

function changeLine({ property, from, to, maybe }: LaunchChange): string {
  const what = words[property] ?? property;
  const how = from === undefined && to === undefined ? 'changed' : step(from, to ?? 'none');
  return `  ${what}: ${maybe === true ? 'depends on a value that is not known yet' : how}`;
}

const words: Readonly<Record<string, string>> = {
  BlockDeviceMappings: 'volumes',
  IamInstanceProfile: 'instance profile',
  ImageId: 'image',
  InstanceType: 'instance type',
  MetadataOptions: 'metadata options',
  SecurityGroupIds: 'security groups',
  TagSpecifications: 'tags',
  UserData: 'user data',
};

function textOf(value: PlannedValue): string {
  if (typeof value === 'string') return value;
  return `known once ${value.stack} is deployed`;
}

function step(from: string | undefined, to: string): string {
  return from === undefined || from === to ? to : `${from} → ${to}`;
}
