import { atMost } from '../../aws/at-most.ts';
import type { Aws } from '../../aws/session.ts';
import { keys, names, type Place } from '../../config/names.ts';
import { readDescription } from '../../revision/chosen/choose.ts';
import { type KeptRelease, readKeptReleases } from '../kept-releases.ts';
import { oneDayMs } from '../rules.ts';
import { readKeptDeployments } from './kept-deployments.ts';
import type { ListedObject, PushedRevision, ReleaseArtifacts, RevisionStanding } from './revision-plan.ts';

/** How many calls to AWS run at the same time. */
const atOnce = 5;

export interface WhoseRevisions {
  readonly place: Place;
  readonly bucket: string;
  readonly keep: number;
}

/** Reads a tenant's revisions and artifacts, and every reason to keep one: every list to its last page, or it throws. */
export async function readRevisionStanding(aws: Aws, whose: WhoseRevisions): Promise<RevisionStanding> {
  const { place, bucket } = whose;
  // Objects first: what is pushed or released meanwhile is not among them.
  const [pushed, artifacts] = await Promise.all([
    listObjects(aws, bucket, keys.revisions(place.tenant)),
    listObjects(aws, bucket, keys.artifacts(place)),
  ]);
  const [kept, deployments] = await Promise.all([
    readKeptReleases(aws, whose),
    readKeptDeployments(aws, names.host(place)),
  ]);
  const releases = await atMost(
    atOnce,
    kept,
    async (release): Promise<ReleaseArtifacts> => ({
      release,
      artifacts: await readArtifacts(aws, names.host(place), release.executionId),
    }),
  );
  const now = new Date();
  const chosen = await withoutOwnMarks(aws, bucket, revisionsOf(pushed), now);
  const revisions = await withVersions(aws, bucket, kept, chosen);
  return { revisions, artifacts, releases, deployments, now };
}

/** The revisions among a tenant's objects; the description of the push beside each says when a job last pushed or found it. */
export function revisionsOf(objects: readonly ListedObject[]): PushedRevision[] {
  const byKey = new Map(objects.map((object) => [object.key, object]));
  return objects
    .filter(({ key }) => /\/[0-9a-f]{64}\.zip$/.test(key))
    .map((object) => {
      const description = byKey.get(keys.pushOf(object.key));
      const times = [object, description].map((each) => each?.writtenAt.getTime() ?? 0);
      return { ...object, description: description?.etag, chosenAt: new Date(Math.max(...times)) };
    });
}

/** A killed prune has marked what it was about to delete: no job chose that. */
async function withoutOwnMarks(
  aws: Aws,
  bucket: string,
  revisions: readonly PushedRevision[],
  now: Date,
): Promise<readonly PushedRevision[]> {
  return await atMost(atOnce, revisions, async (revision) => {
    const { key, writtenAt, chosenAt } = revision;
    if (chosenAt.getTime() === writtenAt.getTime() || now.getTime() - chosenAt.getTime() >= oneDayMs) return revision;
    const description = await readDescription(aws, { bucket, revision: key });
    return description?.value.prunedAt === undefined ? revision : { ...revision, chosenAt: writtenAt };
  });
}

/** With the versions of the objects, for kept releases that have no record and are known only by the version. */
async function withVersions(
  aws: Aws,
  bucket: string,
  kept: readonly KeptRelease[],
  revisions: readonly PushedRevision[],
): Promise<readonly PushedRevision[]> {
  if (kept.every(({ record }) => record !== undefined)) return revisions;
  const { HeadObjectCommand } = await import('@aws-sdk/client-s3');
  const client = await aws.s3();
  return await atMost(atOnce, revisions, async (revision) => {
    const { VersionId } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: revision.key }));
    return { ...revision, version: VersionId };
  });
}

/** Objects directly below a prefix. */
export async function listObjects(aws: Aws, Bucket: string, Prefix: string): Promise<ListedObject[]> {
  const { paginateListObjectsV2 } = await import('@aws-sdk/client-s3');
  const found: ListedObject[] = [];
  const request = { Bucket, Prefix, Delimiter: '/' };
  for await (const { Contents = [] } of paginateListObjectsV2({ client: await aws.s3() }, request)) {
    for (const { Key = '', ETag = '', Size = 0, LastModified } of Contents) {
      // Without a time it counts as new.
      found.push({ key: Key, etag: ETag, bytes: Size, writtenAt: LastModified ?? new Date() });
    }
  }
  return found;
}

/** Keys of the artifacts that the actions of an execution wrote. */
export async function readArtifacts(aws: Aws, pipelineName: string, pipelineExecutionId: string): Promise<string[]> {
  const { paginateListActionExecutions } = await import('@aws-sdk/client-codepipeline');
  const found: string[] = [];
  const query = { pipelineName, filter: { pipelineExecutionId } };
  for await (const page of paginateListActionExecutions({ client: await aws.codePipeline() }, query)) {
    const artifacts = (page.actionExecutionDetails ?? []).flatMap(({ output }) => output?.outputArtifacts ?? []);
    found.push(...artifacts.flatMap(({ s3location }) => s3location?.key ?? []));
  }
  return found;
}
