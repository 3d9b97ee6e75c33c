import { dataOutputs } from '../../cdk/tenant/host-inputs.ts';
import { names, type Place } from '../config/names.ts';
import type { Template } from '../stack/assembly.ts';
import type { StackPlan } from '../stack/stack-plan.ts';
import { checksToSet, type HealthCheckUpdate } from './health/health-check.ts';
import type { HostImage } from './host-image.ts';
import type { Group } from './instances/group.ts';
import { joinChanges, type LaunchChange, launchChanges } from './instances/launch-changes.ts';
import type { PlannedValue } from './planned-value.ts';

/** The state of the host before anything is changed. */
export interface HostState {
  readonly healthCheck: HealthCheckUpdate;
  readonly image: HostImage;
  /** Image of the present instances. */
  readonly formerImage: string | undefined;
  /** The present group. */
  readonly group: Group | undefined;
  /** The newest version of the launch template, when the group does not start instances from it. */
  readonly waiting: { readonly version: string; readonly changes: readonly LaunchChange[] } | undefined;
  /** A release has succeeded on the host. */
  readonly released: boolean;
  /** Outputs of the data stack; empty when there is none. */
  readonly data: Readonly<Record<string, string>>;
  /** Parameters of the host stack; empty when there is none. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A stack's update with all its parameters: their present values, and the new ones. */
export interface StackUpdate extends StackPlan {
  readonly parameters: Readonly<Record<string, { readonly from?: string; readonly to: PlannedValue }>>;
}

/** The newest version of a launch template, whose number is known once the stack is updated. */
export interface NewestVersion {
  readonly newestOf: string;
}

/** Instances replaced by ones of another version of the launch template. */
export interface InstanceRefresh {
  readonly group: string;
  /** How many there are now. */
  readonly instances: number;
  readonly from: string;
  readonly to: string | NewestVersion;
  /**
   * `maybe`: it depends on a value that becomes known while the plan is applied. `no`: nothing is planned that makes a
   * version; if CloudFormation still makes one, the instances are refreshed to it.
   */
  readonly replacement: 'yes' | 'maybe' | 'no';
  /** What differs in the new instances. */
  readonly changes: readonly LaunchChange[];
  /** Version that an earlier run left: its roll-out failed or never started. */
  readonly unfinished?: string;
  /** Parameters of the host stack after the refresh, so that stack and group agree. */
  readonly after: { readonly LaunchTemplateVersion: string | NewestVersion };
}

/** What provisioning a virtual host would change, in the order in which it does. */
export interface HostPlan {
  readonly image: { readonly from?: string; readonly to: string };
  readonly healthCheck: HealthCheckUpdate;
  /** Without a database there is none. */
  readonly data?: StackUpdate;
  readonly host: StackUpdate;
  readonly refresh?: InstanceRefresh;
}

export interface HostPlanInput {
  readonly place: Place;
  readonly state: HostState;
  /** Comparisons of the stacks of the app with what is deployed. */
  readonly stacks: readonly StackPlan[];
  readonly template: Template;
  /** The host stack's deployed template; the wanted one if it is not deployed, or does not change. */
  readonly deployed: Template;
}

/** Plans a virtual host: the health check, which instances must pass; the data, because the host needs its address; then the host; then its instances. */
export function planHost(input: HostPlanInput): HostPlan {
  const { place, state, stacks } = input;
  const data = stacks.find(({ stack }) => stack === names.tenantStack(place, 'data'));
  const host = stacks.find(({ stack }) => stack === names.tenantStack(place, 'host'));
  if (host === undefined) throw new Error(`no host stack of ${place.tenant} among ${stacks.length}`);
  const parameters = hostParameters(state, data);
  const refresh = planRefresh(input, host, data, parameters);
  return {
    image: { ...(state.formerImage === undefined ? {} : { from: state.formerImage }), to: state.image.id },
    healthCheck: state.healthCheck,
    ...(data === undefined ? {} : { data: { ...data, parameters: {} } }),
    host: {
      ...host,
      parameters: Object.fromEntries(
        Object.entries(parameters).map(([name, to]) => {
          const from = state.parameters[name];
          return [name, { ...(from === undefined ? {} : { from }), to }];
        }),
      ),
    },
    ...(refresh === undefined ? {} : { refresh }),
  };
}

/**
 * The host stack's parameters that make it what it should be, without replacing an instance: the launch template's
 * version stays what the group has.
 * @param data plan of the data stack, if the host has one
 */
export function hostParameters(
  { image, group, released, healthCheck, data: outputs }: HostState,
  data: StackPlan | undefined,
): Record<string, PlannedValue> {
  return {
    ImageId: image.id,
    RootDevice: image.rootDevice,
    LaunchTemplateVersion: group?.version ?? '1',
    // Until software that passes the check is released, no instance is replaced for failing it.
    HealthCheckType: released && healthCheck.afterRelease === undefined ? 'ELB' : 'EC2',
    ...(data === undefined ? keptDatabase(outputs) : databaseParameters(data, outputs)),
  };
}

/**
 * Whether a data stack has everything that a host needs from it. With `database: none` the stack stays until a person deletes it, and until
 * then instances know the database and have access to it: the present software may need it, and so may the last revision, when
 * a release of software without a database is rolled back.
 */
export function hasDatabase(outputs: HostState['data']): boolean {
  return dataOutputs.every((output) => output in outputs);
}

function keptDatabase(outputs: HostState['data']): Record<string, PlannedValue> {
  if (!hasDatabase(outputs)) return {};
  return Object.fromEntries(dataOutputs.map((output) => [output, outputs[output] ?? '']));
}

/** What the host stack uses of the data stack's outputs. */
function databaseParameters(
  { stack, action }: StackPlan,
  outputs: Readonly<Record<string, string>>,
): Record<string, PlannedValue> {
  return Object.fromEntries(
    dataOutputs.map((output) => {
      const expected = outputs[output];
      const known = action === 'none' ? expected : undefined;
      return [output, known ?? { stack, output, ...(expected === undefined ? {} : { expected }) }];
    }),
  );
}

function planRefresh(
  { state, template, deployed }: HostPlanInput,
  host: StackPlan,
  data: StackPlan | undefined,
  parameters: Readonly<Record<string, PlannedValue>>,
): InstanceRefresh | undefined {
  const { group, waiting } = state;
  const updates = host.action !== 'none' || (data !== undefined && data.action !== 'none');
  if (group === undefined || (waiting === undefined && !updates)) return undefined;
  const before = { template: deployed, parameters: state.parameters };
  const planned = updates ? launchChanges(before, { template, parameters }, host.changes) : [];
  const isCertain = waiting !== undefined || planned.some(({ maybe }) => maybe !== true);
  const to = updates || waiting === undefined ? { newestOf: group.launchTemplateId } : waiting.version;
  return {
    group: group.name,
    instances: group.instances,
    from: group.version,
    to,
    replacement: isCertain ? 'yes' : planned.length > 0 ? 'maybe' : 'no',
    changes: joinChanges(waiting?.changes ?? [], planned),
    ...(waiting === undefined ? {} : { unfinished: waiting.version }),
    after: { LaunchTemplateVersion: to },
  };
}

/** Whether applying the plan would change anything. */
export function hostPlanDiffers({ healthCheck, data, host, refresh }: HostPlan): boolean {
  return (
    checksToSet(healthCheck).length > 0 ||
    [data, host].some((update) => update !== undefined && update.action !== 'none') ||
    (refresh !== undefined && refresh.replacement !== 'no')
  );
}
