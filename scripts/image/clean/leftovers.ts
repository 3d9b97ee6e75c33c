import type { Filter, Image } from '@aws-sdk/client-ec2';
import type { Aws } from '../../aws/session.ts';
import { type Place, tags } from '../../config/names.ts';
import { isRun, runTag } from '../bake-run.ts';
import { tagOf } from '../image-faults.ts';

/** What a bake leaves when nobody cleans up after it, by id. */
export interface Leftovers {
  readonly instances: readonly string[];
  readonly keyPairs: readonly string[];
  readonly securityGroups: readonly string[];
  readonly images: readonly Image[];
  /** Including those of the images. */
  readonly snapshots: readonly string[];
}

export const nothingLeft: Leftovers = {
  ...{ instances: [], keyPairs: [], securityGroups: [], images: [], snapshots: [] },
};

/** The resources of one run. */
export async function findLeftovers(aws: Aws, place: Place, run: string): Promise<Leftovers> {
  return (await findTraces(aws, place, run)).get(run) ?? nothingLeft;
}

/** Those of what was found that are found again. */
export function stillLeft(found: Leftovers, again: Leftovers): Leftovers {
  const here = new Set(again.images.map(({ ImageId }) => ImageId));
  const both = (which: 'instances' | 'keyPairs' | 'securityGroups' | 'snapshots') =>
    found[which].filter((id) => again[which].includes(id));
  return {
    instances: both('instances'),
    keyPairs: both('keyPairs'),
    securityGroups: both('securityGroups'),
    images: found.images.filter(({ ImageId }) => here.has(ImageId)),
    snapshots: both('snapshots'),
  };
}

/**
 * The resources of a tenant's bakes in one environment, by run: everything they create gets the tag of its run in the creating call.
 * A script's output is never used to find them.
 */
export async function findTraces(aws: Aws, place: Place, run = '*'): Promise<ReadonlyMap<string, Leftovers>> {
  const sdk = await import('@aws-sdk/client-ec2');
  const client = await aws.ec2();
  const wanted = { ...tags(place.environment, 'image', place.tenant), [runTag]: run };
  const Filters: Filter[] = Object.entries(wanted).map(([tag, value]) => ({ Name: `tag:${tag}`, Values: [value] }));
  const alive = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };
  const [instances, keyPairs, securityGroups, images, snapshots] = await Promise.all([
    all(sdk.paginateDescribeInstances({ client }, { Filters: [...Filters, alive] }), ({ Reservations = [] }) =>
      Reservations.flatMap(({ Instances = [] }) => Instances),
    ),
    // The only one of these lists without pages.
    client.send(new sdk.DescribeKeyPairsCommand({ Filters })).then(({ KeyPairs = [] }) => KeyPairs),
    all(sdk.paginateDescribeSecurityGroups({ client }, { Filters }), ({ SecurityGroups }) => SecurityGroups),
    all(sdk.paginateDescribeImages({ client }, { Owners: ['self'], Filters }), ({ Images }) => Images),
    all(sdk.paginateDescribeSnapshots({ client }, { OwnerIds: ['self'], Filters }), ({ Snapshots }) => Snapshots),
  ]);
  const lists = { instances, keyPairs, securityGroups, images, snapshots };
  const runs = new Set(Object.values(lists).flatMap((list) => list.map(runOf)));
  const of = <T extends Tagged>(list: readonly T[], wantedRun: string) =>
    list.filter((one) => runOf(one) === wantedRun);
  return new Map(
    [...runs].filter(isRun).map((each) => [
      each,
      {
        instances: of(instances, each).flatMap(({ InstanceId }) => InstanceId ?? []),
        keyPairs: of(keyPairs, each).flatMap(({ KeyName }) => KeyName ?? []),
        securityGroups: of(securityGroups, each).flatMap(({ GroupId }) => GroupId ?? []),
        images: of(images, each),
        snapshots: of(snapshots, each).flatMap(({ SnapshotId }) => SnapshotId ?? []),
      },
    ]),
  );
}

type Tagged = Pick<Image, 'Tags'>;

function runOf(one: Tagged): string | undefined {
  return tagOf(one, runTag);
}

async function all<P, T>(pages: AsyncIterable<P>, items: (page: P) => T[] | undefined): Promise<T[]> {
  const found: T[] = [];
  for await (const page of pages) found.push(...(items(page) ?? []));
  return found;
}

/** One line for each resource, with its AWS name. */
export function linesOfTraces(left: Leftovers): string[] {
  return [
    ...left.instances.map((id) => `instance ${id}`),
    ...left.keyPairs.map((name) => `key pair ${name}`),
    ...left.securityGroups.map((id) => `security group ${id}`),
    ...left.images.map(({ ImageId }) => `image ${ImageId}`),
    ...left.snapshots.map((id) => `snapshot ${id}`),
  ];
}
