import type { Aws } from '../aws/session.ts';
import type { PlatformFacts } from '../config/facts.ts';
import { names, type Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { settledStack } from '../stack/stack-state.ts';
import { type Group, imageOf, readGroup, waitingVersion, wasReleased } from './group.ts';
import { readHostImage } from './host-image.ts';
import type { HostState } from './host-plan.ts';
import { settleRules } from './host-rules.ts';
import { waitForRefresh } from './roll-out.ts';

export interface WorldOptions {
  readonly place: Place;
  readonly facts: PlatformFacts;
  readonly hosts: readonly string[];
  /** Number of the load balancer the facts are of. */
  readonly loadBalancer: number;
  /** Image to use; without it that of the instances there are. */
  readonly image: string | undefined;
  readonly dryRun: boolean;
}

/** Reads what is, after waiting for another job that changes it; claims the priorities unless it is a dry run. */
export async function readHostState(runtime: Runtime, aws: Aws, options: WorldOptions): Promise<HostState> {
  const { place, dryRun } = options;
  const [data] = await Promise.all(
    (['data', 'host'] as const).map((layer) => settledStack(runtime, aws, names.tenantStack(place, layer))),
  );
  const [group, released] = await Promise.all([settledGroup(runtime, aws, place), wasReleased(aws, place)]);
  const id = options.image || (group === undefined ? undefined : await imageOf(aws, group));
  if (id === undefined) throw noImage(place);
  const image = await readHostImage(aws, place, id);
  const rules = await settleRules(runtime, aws, options, dryRun);
  const waiting = group === undefined ? undefined : await waitingVersion(aws, group);
  return { rules, image, group, waiting, released, data: data?.outputs ?? {} };
}

/** The group, when nobody is replacing its instances: what it starts from is known only then. */
async function settledGroup(runtime: Runtime, aws: Aws, place: Place): Promise<Group | undefined> {
  const group = await readGroup(aws, place);
  if (group === undefined || !(await waitForRefresh(runtime, aws, group))) return group;
  return await readGroup(aws, place);
}

function noImage({ tenant, environment }: Place): VendhostError {
  return new VendhostError(
    'IMAGE_MISSING',
    `no image is named, and ${tenant} has no virtual host in ${environment} yet`,
    {
      hint: 'give --image AMI or set VENDHOST_IMAGE_ID; `vendhost image bake` prints the image',
    },
  );
}
