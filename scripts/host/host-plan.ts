import { dataOutputs, priorityParameter, type RuleGroup } from '../../cdk/tenant/host-inputs.ts';
import { VendhostError } from '../errors.ts';
import type { StackPlan } from '../stack/stack-plan.ts';
import type { Group } from './group.ts';
import type { HostImage } from './host-image.ts';

/** A rule of the host with the number it has on the listener. */
export interface PlannedRule extends RuleGroup {
  readonly priority: number;
  /** The tenant had this number before. */
  readonly kept: boolean;
}

/** What is known of the host before anything is changed. */
export interface HostState {
  readonly rules: readonly PlannedRule[];
  readonly image: HostImage;
  /** The group there is. */
  readonly group: Group | undefined;
  /** A newer version of the launch template than the group starts instances from: a roll-out that failed before. */
  readonly waiting: string | undefined;
  readonly released: boolean;
  /** Outputs of the data stack; empty when there is none. */
  readonly data: Readonly<Record<string, string>>;
}

/** The host stack's parameters that make it what it should be, without replacing an instance. */
export function hostParameters(world: HostState, hasDatabase: boolean): Record<string, string> {
  return {
    ImageId: world.image.id,
    RootDevice: world.image.rootDevice,
    LaunchTemplateVersion: world.group?.version ?? '1',
    HealthCheckType: world.released ? 'ELB' : 'EC2',
    ...Object.fromEntries(world.rules.map(({ band, priority }) => [priorityParameter(band), String(priority)])),
    ...(hasDatabase ? databaseParameters(world.data) : {}),
  };
}

/** What the host stack takes of the data stack's outputs. */
export function databaseParameters(outputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    dataOutputs.flatMap((name) => (outputs[name] === undefined ? [] : [[name, outputs[name]]])),
  );
}

/** Throws `DATA_WOULD_BE_LOST` when a plan would replace or delete something that holds data. */
export function checkDataPlan(plan: StackPlan | undefined): void {
  const lost = (plan?.changes ?? []).filter(
    ({ type, action, replacement }) => holdsData.has(type) && (action === 'delete' || replacement === 'yes'),
  );
  if (plan === undefined || lost.length === 0) return;
  throw new VendhostError('DATA_WOULD_BE_LOST', `${plan.stack}: the change would replace or delete what holds data`, {
    details: lost.map(({ type, logicalId, action }) => `${logicalId} (${type}) would be ${words[action]}`),
    hint: 'take the change to the database back in vendhost.yml; moving data is a task for a person',
  });
}

const words = { create: 'made', update: 'replaced', delete: 'deleted' } as const;

const holdsData = new Set(['AWS::RDS::DBInstance', 'AWS::SecretsManager::Secret']);

/** A stack policy that keeps what holds data, whoever updates the stack. */
export const keepData = {
  Statement: [
    { Effect: 'Allow', Principal: '*', Action: 'Update:*', Resource: '*' },
    {
      Effect: 'Deny',
      Principal: '*',
      Action: ['Update:Replace', 'Update:Delete'],
      Resource: '*',
      Condition: { StringEquals: { ResourceType: [...holdsData] } },
    },
  ],
};
