import { expect, test } from 'vitest';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';
import { readLeases } from '../../../scripts/image/bake/lease.ts';
import { runTag } from '../../../scripts/image/bake-run.ts';
import { keptImages } from '../../../scripts/image/clean/kept-images.ts';
import { findTraces } from '../../../scripts/image/clean/leftovers.ts';
import { bakeKeyTag } from '../../../scripts/image/image-faults.ts';
import { findSourceAmi } from '../../../scripts/image/source.ts';
import { answering, xml } from '../answering.ts';

const place = { environment: 'dev', tenant: 'shop' } as const;
const owner = { place, bucket: 'bucket' };
const token = 'the-next-page';
const images = (inside: string, more = '') =>
  `<DescribeImagesResponse><imagesSet>${inside}</imagesSet>${more}</DescribeImagesResponse>`;
const image = (id: string, day: number, run = '') => `<item><imageId>${id}</imageId><imageOwnerId>1</imageOwnerId>
  <creationDate>2026-01-0${day}</creationDate><rootDeviceName>/dev/xvda</rootDeviceName>
  <tagSet><item><key>${runTag}</key><value>${run}</value></item></tagSet></item>`;

test('the newest source is found on whatever page', async () => {
  const { aws } = await answering(({ operation, body }) => {
    if (operation === 'GetCallerIdentity') return xml(operation, '<Account>100000000001</Account>');
    return body.includes(token)
      ? images(image('ami-2', 2))
      : images(image('ami-1', 1), `<nextToken>${token}</nextToken>`);
  });
  expect(await findSourceAmi(aws, owner, vendhostSchema.parse({}).image, 'x86_64')).toMatchObject({ id: 'ami-2' });
});

test('a pinned source is asked for by its id, and by what vendhost.yml says, too', async () => {
  const asked: string[] = [];
  const { aws } = await answering(({ operation, body }) => {
    if (operation === 'GetCallerIdentity') return xml(operation, '<Account>100000000001</Account>');
    asked.push(decodeURIComponent(body));
    return images(image('ami-1', 1));
  });
  const found = await findSourceAmi(aws, owner, vendhostSchema.parse({}).image, 'x86_64', 'ami-1');
  expect([found.id, asked]).toEqual(['ami-1', [expect.stringMatching(/Name=name&.*Name=image-id&\S*=ami-1/)]]);
});

/** One thing of each run, each on a page of its own; one list is in reservations. */
const lists: Readonly<Record<string, readonly [set: string, id: string]>> = {
  DescribeInstances: ['reservationSet', 'instanceId'],
  DescribeSecurityGroups: ['securityGroupInfo', 'groupId'],
  DescribeImages: ['imagesSet', 'imageId'],
  DescribeSnapshots: ['snapshotSet', 'snapshotId'],
};

test('what bakes left is found on every page', async () => {
  const { aws } = await answering(({ operation, body }) => {
    const [set, id] = lists[operation] ?? ['keySet', 'keyName'];
    const run = body.includes(token) ? '22222222' : '11111111';
    const thing = `<item><${id}>${operation}-${run}</${id}>
      <tagSet><item><key>${runTag}</key><value>${run}</value></item></tagSet></item>`;
    const inside = set === 'reservationSet' ? `<item><instancesSet>${thing}</instancesSet></item>` : thing;
    const more = body.includes(token) ? '' : `<nextToken>${token}</nextToken>`;
    return `<${operation}Response><${set}>${inside}</${set}>${more}</${operation}Response>`;
  });
  const left = (run: string) => ({
    instances: [`DescribeInstances-${run}`],
    keyPairs: run === '11111111' ? ['DescribeKeyPairs-11111111'] : [],
    securityGroups: [`DescribeSecurityGroups-${run}`],
    images: [expect.objectContaining({ ImageId: `DescribeImages-${run}` })],
    snapshots: [`DescribeSnapshots-${run}`],
  });
  const runs = ['11111111', '22222222'];
  expect(await findTraces(aws, place)).toEqual(new Map(runs.map((run) => [run, left(run)])));
});

test('leases, records, instances and versions of a launch template are read to the last page', async () => {
  const s3Page = (key: string, last: boolean) => `<ListBucketResult><Contents><Key>${key}</Key></Contents>
    <IsTruncated>${!last}</IsTruncated>${last ? '' : `<NextContinuationToken>${token}</NextContinuationToken>`}</ListBucketResult>`;
  const { aws } = await answering(({ operation, body }) => {
    const last = `${operation}${body}`.includes(token);
    const more = last ? '' : `<nextToken>${token}</nextToken>`;
    if (operation.includes('claims')) {
      const lease = { run: '11111111', job: 'job', until: '2026-01-01T00:00:00Z' };
      return operation.includes('list-type') ? s3Page(`claims/bakes/shop/${last}.json`, last) : JSON.stringify(lease);
    }
    if (operation.includes('list-type'))
      return s3Page(`infrastructure/shop/${(last ? 'b' : 'a').repeat(64)}.json`, last);
    if (operation === 'DescribeInstances') {
      const instance = `<instancesSet><item><imageId>${last ? 'ami-c' : ''}</imageId></item></instancesSet>`;
      return `<${operation}Response><reservationSet><item>${instance}</item></reservationSet>${more}</${operation}Response>`;
    }
    if (operation !== 'DescribeLaunchTemplateVersions') return undefined;
    const data = `<launchTemplateData><imageId>${last ? 'ami-d' : ''}</imageId></launchTemplateData>`;
    return `<${operation}Response><launchTemplateVersionSet><item>${data}</item></launchTemplateVersionSet>${more}</${operation}Response>`;
  });
  expect(await readLeases(aws, 'bucket', 'shop')).toHaveLength(2);
  const found = ['a', 'b', 'c', 'd', 'e'].map((key) => ({
    ImageId: `ami-${key}`,
    Tags: [{ Key: bakeKeyTag, Value: key.repeat(64) }],
  }));
  expect([...(await keptImages(aws, owner, found))]).toEqual(['ami-a', 'ami-b', 'ami-c', 'ami-d']);
});
