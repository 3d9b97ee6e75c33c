import { ConditionalObjects } from '../aws/objects.ts';
import { readPlatformFacts } from '../aws/read-facts.ts';
import type { Aws } from '../aws/session.ts';
import { partOf, partValue, type StatusPart, shownPart } from '../aws/status-part.ts';
import { keys, type Place } from '../config/names.ts';
import { hostPipelineSchema } from '../config/stored.ts';
import { readBakedImage } from '../image/baked-image.ts';
import { tagOf } from '../image/image-faults.ts';
import { executionsBack, type RecordedExecution } from '../release/history/executions.ts';
import { openStore } from '../release/history/open-store.ts';
import { readCurrent } from '../release/history/read-releases.ts';
import { type Release, releaseOf } from '../release/history/release.ts';
import { firstPush } from '../release/history/release-record.ts';
import { readActions } from '../release/snapshot.ts';
import type { Runtime } from '../runtime.ts';
import { type HostSnapshot, knownReleases } from '../status/host/host-snapshot.ts';
import { readHostSnapshot } from '../status/host/read-host-snapshot.ts';
import type { AskedName } from './asked.ts';
import type { ChainChange, ChainFacts, ChainImage } from './chain-links.ts';
import type { FoundName } from './find-asked.ts';

/** Reads what is known of a name, each part for itself: what cannot be read is unknown, and the rest is there. Only reads. */
export async function readChain(runtime: Runtime, aws: Aws, asked: AskedName, found: FoundName): Promise<ChainFacts> {
  const { place } = found;
  const { bucket } = await readPlatformFacts(aws, place.environment);
  const snapshot = await readHostSnapshot(runtime, aws, place);
  const release = await releaseOfName(runtime, aws, { asked, found, snapshot });
  const record = partValue(release)?.record;
  const revision = record?.revision ?? found.revision;
  const image = imageOfName({ asked, found, snapshot }) ?? (record?.image || undefined);
  const read = async <T>(of: string | undefined, work: (name: string) => Promise<T>) =>
    await partOf(runtime, async () => (of === undefined ? undefined : await work(of)));
  const [ofImage, change, pushed] = await Promise.all([
    read(image, async (id) => await readChainImage(aws, { place, bucket }, id)),
    partOf(runtime, () => readChange(aws, { place, bucket })),
    read(revision, async (key) => await firstPush(aws, bucket, key)),
  ]);
  const instances = instancesOfName({ asked, snapshot }, release);
  const hosts = snapshot.record.hosts;
  return { asked, place, hosts, at: snapshot.at, release, revision, image: ofImage, change, pushed, instances };
}

interface NamedHost {
  readonly asked: AskedName;
  readonly found: FoundName;
  readonly snapshot: HostSnapshot;
}

async function releaseOfName(
  runtime: Runtime,
  aws: Aws,
  { asked, found, snapshot }: NamedHost,
): Promise<StatusPart<Release | undefined>> {
  const { execution, place } = found;
  if (asked.kind === 'host') return shownPart(snapshot.releases, ({ current }) => current);
  if (asked.kind === 'instance') return releaseOfInstance(snapshot, asked.name);
  return await partOf(runtime, async () => {
    if (asked.kind === 'image') return await releaseOnImage(aws, place, asked.name);
    return execution && (await withActions(aws, place, execution));
  });
}

function releaseOfInstance({ deploys, releases }: HostSnapshot, instance: string): StatusPart<Release | undefined> {
  if ('unknown' in deploys) return deploys;
  if ('unknown' in releases) return releases;
  const deploy = deploys.value[instance];
  if (deploy === undefined) return { value: undefined };
  const known = knownReleases(releases.value).find(({ executionId }) => executionId === deploy.executionId);
  return known === undefined
    ? { unknown: `none of the newest releases made the deployment ${deploy.deploymentId}` }
    : { value: known };
}

/** The newest release that ran on an image. */
async function releaseOnImage(aws: Aws, place: Place, image: string): Promise<Release | undefined> {
  const { store } = await openStore(aws, place);
  for await (const execution of executionsBack(aws, store)) {
    if (execution.record?.image === image) return await withActions(aws, place, execution);
  }
  return undefined;
}

async function withActions(aws: Aws, place: Place, execution: RecordedExecution): Promise<Release> {
  const { store } = await openStore(aws, place);
  const [actions, current] = await Promise.all([
    readActions(aws, store.pipeline, execution.id),
    readCurrent(aws, store),
  ]);
  return releaseOf(execution, { actions, current });
}

/** Of a release it is the one in its record. */
function imageOfName({ asked, found, snapshot }: NamedHost): string | undefined {
  if (asked.kind === 'image') return asked.name;
  if (asked.kind === 'host') return partValue(snapshot.host)?.starting?.image;
  return found.image;
}

/** Ids of the instances that are meant: all of a host, one, those from an image, those that have a release. */
function instancesOfName(
  { asked, snapshot }: Pick<NamedHost, 'asked' | 'snapshot'>,
  of: StatusPart<Release | undefined>,
): ChainFacts['instances'] {
  // Which have a release is not known where one of these is not: none would be a statement.
  const needed = asked.kind === 'release' ? [of, snapshot.releases, snapshot.deploys] : [];
  for (const part of needed) if ('unknown' in part) return part;
  const release = partValue(of);
  const deploys = partValue(snapshot.deploys) ?? {};
  const isMeant = {
    host: () => true,
    instance: (id: string) => id === asked.name,
    image: (_id: string, image: string) => image === asked.name,
    release: (id: string) => release !== undefined && deploys[id]?.executionId === release.executionId,
  }[asked.kind];
  return shownPart(snapshot.host, (host) =>
    (host?.group?.members ?? []).filter(({ id, image = '' }) => isMeant(id, image)),
  );
}

async function readChainImage(
  aws: Aws,
  owner: { readonly place: Place; readonly bucket: string },
  id: string,
): Promise<ChainImage> {
  const { image, bakeKey, record } = await readBakedImage(aws, owner, id);
  return {
    id,
    createdAt: image?.CreationDate ?? '',
    bakeKey: bakeKey ?? '',
    commit: (image && tagOf(image, 'vendhost:commit')) ?? '',
    source: (image && tagOf(image, 'vendhost:source-ami')) ?? '',
    onRecord: record !== undefined,
    ...(record?.promotedFrom && { promotedFrom: record.promotedFrom }),
  };
}

/** The newest pipeline that provisioned the host; S3 knows when. */
async function readChange(
  aws: Aws,
  { place, bucket }: { readonly place: Place; readonly bucket: string },
): Promise<ChainChange | undefined> {
  const objects = new ConditionalObjects(aws, bucket, hostPipelineSchema);
  const found = await objects.read(keys.hostPipeline(place.tenant));
  return found && { ...found.value, at: Date.now() - found.ageMs };
}
