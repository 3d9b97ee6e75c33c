import { withAudit } from '../../audit/with-audit.ts';
import { poll } from '../../aws/poll.ts';
import { readPlatformFacts } from '../../aws/read-facts.ts';
import { type Aws, openAws } from '../../aws/session.ts';
import type { Place } from '../../config/names.ts';
import { type ExitCode, exitCodes, VendhostError } from '../../errors.ts';
import { newPipeline } from '../../gitlab/new-pipeline.ts';
import type { Runtime } from '../../runtime.ts';
import { chosenOf } from './chosen.ts';
import { type Group, readGroup } from './group.ts';
import { waitInService } from './in-service.ts';
import { replaceAll } from './roll-out.ts';

export interface ReplaceOptions extends Place {
  /** Id of the instance to replace; default: all. */
  readonly instance: string | undefined;
  readonly reason: string;
  readonly dryRun: boolean;
}

const limitMs = 15 * 60_000;

/**
 * Replaces the instances of a virtual host with new ones of the same image, each when a new one is healthy. Or terminates one, for which Auto Scaling
 * starts another; the last one in service stays until a new one is in service. For instances that deployments no longer reach: a new one gets the
 * revision that was deployed last. Throws `HOST_MISSING`, and `INSTANCE_UNKNOWN` for one that does not belong to the host.
 */
export async function replaceInstances(runtime: Runtime, options: ReplaceOptions): Promise<ExitCode | undefined> {
  const { out } = runtime;
  const place: Place = { tenant: options.tenant, environment: options.environment };
  const aws = openAws(runtime);
  const before = await readGroup(aws, place);
  if (before === undefined) throw hostMissing(place);
  const { chosen, instance } = planReplacement(before, options.instance);
  const what = instance === undefined ? 'each when a new one is healthy' : 'terminated, and another one started';
  if (options.dryRun) {
    const result = { group: before.name, replaced: chosen, inService: before.inService.length };
    out.result(result, `would replace ${chosen.join(', ') || 'no instance'} of ${before.name}, ${what}`);
    return chosen.length === 0 ? undefined : exitCodes.differs;
  }
  if (chosen.length > 0) await out.confirm(`replace ${chosen.join(', ')} of ${before.name}, ${what}?`);
  const { bucket } = await readPlatformFacts(aws, place.environment);
  const target = options.instance ?? before.name;
  const action = { action: 'host replace', target, before: chosen.join(' '), reason: options.reason };
  const inService = await withAudit(
    runtime,
    aws,
    { ...action, place, bucket },
    () => replaceChosen(runtime, aws, { place, before, chosen, instance }),
    ({ members }) => members.join(' '),
  ).then(({ inService }) => inService);
  out.result(
    { group: before.name, replaced: chosen, inService },
    [`replaced ${chosen.join(', ') || 'no instance'} of ${before.name}`, `instances in service: ${inService}`].join(
      '\n',
    ),
  );
  return undefined;
}

/** Which instances are replaced; `instance` is set if only one is, and others are in service. */
interface ReplacementPlan {
  readonly chosen: readonly string[];
  readonly instance: string | undefined;
}

interface Replacement extends ReplacementPlan {
  readonly place: Place;
  readonly before: Group;
}

/** The last one in service is not terminated before there is another: Auto Scaling can do that only for all instances of a group. */
export function planReplacement(
  group: Pick<Group, 'name' | 'members' | 'inService'>,
  instance: string | undefined,
): ReplacementPlan {
  const chosen = chosenOf(group, instance, 'to replace all');
  const isLast = group.inService.every((other) => other === instance) && group.inService.length > 0;
  return isLast ? { chosen: group.members, instance: undefined } : { chosen, instance };
}

/** Waits until the group is as large as before. Returns how many are in service then, and its instances except those that are leaving. */
export async function replaceChosen(
  runtime: Runtime,
  aws: Aws,
  { place, before, chosen, instance }: Replacement,
): Promise<{ inService: number; members: readonly string[] }> {
  const since = new Date();
  if (instance !== undefined) await replaceOne(runtime, aws, place, instance);
  else if (chosen.length > 0) await replaceAll(runtime, aws, before);
  const inService = await waitInService(runtime, aws, place, since);
  const { members = [] } = (await readGroup(aws, place)) ?? {};
  return { inService, members: members.filter((member) => !chosen.includes(member)) };
}

/** The group keeps its size: Auto Scaling starts another instance. Waits until the old one has left the group. */
async function replaceOne(runtime: Runtime, aws: Aws, place: Place, instance: string): Promise<void> {
  const { TerminateInstanceInAutoScalingGroupCommand } = await import('@aws-sdk/client-auto-scaling');
  await (await aws.autoScaling()).send(
    new TerminateInstanceInAutoScalingGroupCommand({ InstanceId: instance, ShouldDecrementDesiredCapacity: false }),
  );
  runtime.out.step(`terminating ${instance}; Auto Scaling starts another instance`);
  await poll({
    what: `${instance} to leave its group`,
    pace: aws.pace,
    limitMs,
    signal: runtime.signal,
    check: async () => ((await readGroup(aws, place))?.members.includes(instance) ? undefined : true),
  });
}

/** A virtual host without its group: nobody provisioned it, or somebody deleted it. */
export function hostMissing({ tenant, environment }: Place): VendhostError {
  return new VendhostError('HOST_MISSING', `${tenant} has no virtual host in ${environment}: no Auto Scaling group`, {
    hint: `in GitLab, ${newPipeline}: it provisions the virtual host`,
  });
}
