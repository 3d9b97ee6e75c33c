import type { Aws } from '../aws/session.ts';
import { names, type Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import { newPipeline } from '../gitlab/new-pipeline.ts';
import type { Runtime } from '../runtime.ts';
import { neverWorks, readStack, settledStack } from '../stack/stack-state.ts';
import { type HealthCheck, healthCheckUpdate, type PresentTargetGroup } from './health/health-check.ts';
import { type HostImage, readHostImage } from './host-image.ts';
import type { HostState } from './host-plan.ts';
import { type Group, readGroup, wasReleased } from './instances/group.ts';
import { versionChanges } from './instances/launch-changes.ts';
import { readLaunchVersions } from './instances/launch-template.ts';
import { waitForRefresh } from './instances/roll-out.ts';

export interface HostStateOptions {
  readonly place: Place;
  readonly bucket: string;
  readonly targetGroup: PresentTargetGroup;
  readonly healthCheck: HealthCheck;
  /** No instance passes the health check that is set. */
  readonly failing: boolean;
  /** Image to use, or one that is still to be made; default: the image of the present instances. */
  readonly image: string | HostImage | undefined;
  /** Whether to wait for another job that is changing the host; default: yes. */
  readonly wait?: boolean;
}

/** Reads what is deployed; by default, after waiting for another job that is changing it. Only reads. */
export async function readHostState(runtime: Runtime, aws: Aws, options: HostStateOptions): Promise<HostState> {
  const { place, wait = true } = options;
  const [data, host] = await Promise.all(
    (['data', 'host'] as const).map((layer) => {
      const stack = names.tenantStack(place, layer);
      return wait ? settledStack(runtime, aws, stack) : readStack(aws, stack);
    }),
  );
  const [group, released] = await Promise.all([
    wait ? settledGroup(runtime, aws, place) : readGroup(aws, place),
    wasReleased(aws, place),
  ]);
  const versions = group === undefined ? undefined : await readLaunchVersions(aws, group);
  const formerImage = versions?.own.data.ImageId;
  const image = await imageOf(aws, options, formerImage);
  // The group of a stack whose creation failed is deleted with it, before the stack is created again.
  const works = host !== undefined && !neverWorks(host);
  return {
    healthCheck: healthCheckUpdate(options.targetGroup, options.healthCheck, { released, failing: options.failing }),
    image,
    formerImage,
    group: works ? group : undefined,
    waiting: works ? waitingVersion(versions) : undefined,
    released,
    data: data?.outputs ?? {},
    parameters: host?.parameters ?? {},
  };
}

async function imageOf(aws: Aws, { place, bucket, image }: HostStateOptions, former: string | undefined) {
  if (typeof image === 'object') return image;
  const id = image || former;
  if (id === undefined) throw noImage(place);
  return await readHostImage(aws, { place, bucket }, id);
}

function waitingVersion(versions: Awaited<ReturnType<typeof readLaunchVersions>> | undefined): HostState['waiting'] {
  if (versions === undefined || versions.own.number === versions.newest.number) return undefined;
  const { own, newest } = versions;
  return { version: newest.number, changes: versionChanges(own.data, newest.data) };
}

/** The group, once no instance refresh is running: its launch template version is known only then. */
async function settledGroup(runtime: Runtime, aws: Aws, place: Place): Promise<Group | undefined> {
  const group = await readGroup(aws, place);
  if (group === undefined || !(await waitForRefresh(runtime, aws, group))) return group;
  return await readGroup(aws, place);
}

function noImage({ tenant, environment }: Place): VendhostError {
  return new VendhostError(
    'IMAGE_MISSING',
    `no image is given, and ${tenant} has no virtual host in ${environment} yet`,
    {
      hint: `in GitLab, ${newPipeline}: it bakes the image first; in a shell, give --image AMI`,
    },
  );
}
