import { readPublishedFacts } from '../../scripts/aws/read-facts.ts';
import type { Aws } from '../../scripts/aws/session.ts';
import { names, type Place } from '../../scripts/config/names.ts';
import { readKeptData } from '../../scripts/host/kept-data.ts';
import { listStackNames } from '../../scripts/platform/account-stacks.ts';
import { existingBuckets } from '../../scripts/platform/destroy/buckets.ts';
import type { Marker } from './marker.ts';

/** The kit's only tenant. */
export const place: Place = { environment: 'dev', tenant: 'shop' };

/** What there is of the kit in the account, by names and tags. */
export interface Remains {
  /** All stacks of Vendhost in the account and region. */
  readonly stacks: readonly string[];
  /** Resources that outlive the data stack, by what they are. */
  readonly data: readonly { readonly what: string; readonly name: string }[];
  readonly dataGroups: readonly string[];
  readonly images: readonly string[];
  readonly snapshots: readonly string[];
  readonly buckets: readonly string[];
  readonly key: string | undefined;
}

/** One thing to remove, in the order in which that is possible. */
export type Removal =
  | { readonly kind: 'stack'; readonly name: string }
  | { readonly kind: 'data'; readonly what: string; readonly name: string }
  | { readonly kind: 'security group' | 'image' | 'snapshot' | 'bucket' | 'key'; readonly name: string }
  | { readonly kind: 'platform'; readonly name: 'dev' };

const layers = ['host', 'data', 'entry', 'access'] as const;

/** Host before data, which its instances use; access last, whose roles CloudFormation works with; then what has no stack; then the platform. */
export function removalPlan(remains: Remains): Removal[] {
  const { stacks, data, dataGroups, images, snapshots, buckets, key } = remains;
  const own = layers.map((layer) => names.tenantStack(place, layer)).filter((name) => stacks.includes(name));
  const host = names.tenantStack(place, 'host');
  const stack = (name: string) => ({ kind: 'stack', name }) as const;
  const platform = stacks.some((name) => !own.includes(name));
  return [
    ...own.filter((name) => name === host).map(stack),
    ...own.filter((name) => name !== host).map(stack),
    ...data.map(({ what, name }) => ({ kind: 'data', what, name }) as const),
    ...dataGroups.map((name) => ({ kind: 'security group', name }) as const),
    ...buckets.map((name) => ({ kind: 'bucket', name }) as const),
    ...images.map((name) => ({ kind: 'image', name }) as const),
    ...snapshots.map((name) => ({ kind: 'snapshot', name }) as const),
    ...(platform ? [{ kind: 'platform', name: 'dev' } as const] : []),
    ...(key === undefined ? [] : [{ kind: 'key', name: key } as const]),
  ];
}

/** Stacks that belong to `dev`, or to the account because of it. */
export function stacksOfDev(all: readonly string[]): string[] {
  return all.filter((name) => name === names.gitlabStack || name.startsWith('vendhost-dev-')).sort();
}

/** Reads what there is; every list to its last page. */
export async function readRemains(aws: Aws, marker: Marker | undefined): Promise<Remains> {
  const bucket = names.tenantBucket(place, await aws.account(), aws.region);
  const [stacks, data, dataGroups, images, snapshots, buckets, facts] = await Promise.all([
    listStackNames(aws),
    readKeptData(aws, place),
    dataSecurityGroups(aws),
    ownImages(aws),
    ownSnapshots(aws),
    existingBuckets(aws, [bucket]),
    readPublishedFacts(aws, place.environment),
  ]);
  const key = facts.values['key-arn'] ?? marker?.key;
  const kept = data.map(({ what, name }) => ({ what, name }));
  return { stacks: stacksOfDev(stacks), data: kept, dataGroups, images, snapshots, buckets, key };
}

const ofTenant = [
  { Name: 'tag:vendhost:environment', Values: [place.environment] },
  { Name: 'tag:vendhost:tenant', Values: [place.tenant] },
];

/** The database's group outlives the data stack, and would keep the VPC. */
async function dataSecurityGroups(aws: Aws): Promise<string[]> {
  const Filters = [...ofTenant, { Name: 'tag:vendhost:layer', Values: ['data'] }];
  const { paginateDescribeSecurityGroups } = await import('@aws-sdk/client-ec2');
  const found: string[] = [];
  for await (const page of paginateDescribeSecurityGroups({ client: await aws.ec2() }, { Filters })) {
    found.push(...(page.SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []));
  }
  return found;
}

async function ownImages(aws: Aws): Promise<string[]> {
  const { paginateDescribeImages } = await import('@aws-sdk/client-ec2');
  const found: string[] = [];
  const query = { Owners: ['self'], Filters: ofTenant };
  for await (const page of paginateDescribeImages({ client: await aws.ec2() }, query)) {
    found.push(...(page.Images ?? []).flatMap(({ ImageId }) => ImageId ?? []));
  }
  return found;
}

async function ownSnapshots(aws: Aws): Promise<string[]> {
  const { paginateDescribeSnapshots } = await import('@aws-sdk/client-ec2');
  const found: string[] = [];
  const query = { OwnerIds: ['self'], Filters: ofTenant };
  for await (const page of paginateDescribeSnapshots({ client: await aws.ec2() }, query)) {
    found.push(...(page.Snapshots ?? []).flatMap(({ SnapshotId }) => SnapshotId ?? []));
  }
  return found;
}
