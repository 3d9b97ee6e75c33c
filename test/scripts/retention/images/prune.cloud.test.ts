import {
  CreateLaunchTemplateCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  EnableImageDeregistrationProtectionCommand,
} from '@aws-sdk/client-ec2';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { keys } from '../../../../scripts/config/names.ts';
import { runTag } from '../../../../scripts/image/bake-run.ts';
import { bakeKeyOf } from '../../../../scripts/image/image-faults.ts';
import { markChosen, readKeptRecord } from '../../../../scripts/image/record.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makeImage } from '../../../builders/image.ts';
import { running, startInstance } from '../../../builders/instances.ts';
import { makePipeline } from '../../../builders/pipeline.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { recordTenant } from '../../../builders/tenant.ts';
import { errorIn, vendhost } from '../../command-line.ts';
import { ageing, justBefore, type Meddler, refusing, wire } from '../../wire.ts';

const hour = 60;
let platform: Platform;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000514'), { network: true });
  for (const tenant of ['mill', 'farm', 'port', 'quay']) await admit(platform, tenant);
});

/** All that a tenant has before its first push, as far as images go. */
async function admit(to: Platform, tenant: string): Promise<void> {
  await recordTenant(to, tenant);
  await makePipeline(to, tenant);
}

/** Every record is so old that no job chose its image lately; the outer meddler sees the call first. */
async function image(tenant: string, verb: string, words: readonly string[], meddle?: Meddler) {
  const aged = ageing(25 * hour);
  const both: Meddler = (call, next) =>
    aged(call, async (body) => (meddle ? await meddle(call, next) : await next(body)));
  const AWS_ENDPOINT_URL = await wire(inject('localCloud').endpoint, both);
  const place = ['--tenant', tenant, '--environment', 'dev', '--json'];
  return await vendhost(['image', verb, ...words, ...place], { env: { ...platform.env, AWS_ENDPOINT_URL } });
}

const least = ['--keep', '1', '--older-than', '0'];

/** Makes an image as the bake of a run leaves it. */
async function bake(tenant: string, run: string): Promise<string> {
  return await makeImage(platform, tenant, { tags: { [runTag]: run } });
}

/** What there is of images and their snapshots, with the tag of a run. */
async function leftOf(run: string) {
  const ec2 = await platform.aws.ec2();
  const Filters = [{ Name: `tag:${runTag}`, Values: [run] }];
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ['self'], Filters }));
  const { Snapshots = [] } = await ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters }));
  return { images: Images.length, snapshots: Snapshots.length };
}

async function recordOf(tenant: string, id: string) {
  const ec2 = await platform.aws.ec2();
  const { Images: [found] = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [id] }));
  const bakeKey = (found && bakeKeyOf(found)) ?? '';
  const owner = { place: { tenant, environment: 'dev' }, bucket: platform.bucket };
  return { owner, bakeKey, key: keys.imageRecord(tenant, bakeKey) };
}

describe('vendhost image prune', () => {
  test('what nothing uses goes, with its snapshot and its record; the rest stays, each for its reason', async () => {
    const ec2 = await platform.aws.ec2();
    const [template, stopped, guarded, unused] = [
      await bake('mill', '00000001'),
      await bake('mill', '00000002'),
      await bake('mill', '00000003'),
      await bake('mill', '00000004'),
    ];
    const LaunchTemplateData = { ImageId: template };
    await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: 'by-hand', LaunchTemplateData }));
    const instance = await startInstance(ec2, { ImageId: stopped });
    await running(ec2, instance);
    await ec2.send(new EnableImageDeregistrationProtectionCommand({ ImageId: guarded }));
    const { owner, bakeKey } = await recordOf('mill', unused);
    const newest = await bake('mill', '00000005');

    const fresh = await vendhost(['image', 'prune', ...least, '--tenant', 'mill', '--environment', 'dev', '--json'], {
      env: platform.env,
    });
    expect([fresh.code, fresh.stderr]).toEqual([0, expect.stringContaining('a job chose it less than 24 hours ago')]);

    const planned = await image('mill', 'prune', [...least, '--dry-run']);
    expect(planned.code, planned.stderr).toBe(2);
    const plan = JSON.parse(planned.stdout) as { remove: string[]; kept: { id: string; reasons: string[] }[] };
    expect(plan.remove).toEqual([unused]);
    expect(Object.fromEntries(plan.kept.map(({ id, reasons }) => [id, reasons]))).toEqual({
      [template]: ['launch template by-hand, version 1 uses it'],
      [stopped]: [`instance ${instance} (running) uses it`],
      [guarded]: ['it is protected from deregistration'],
      [newest]: ['it is among the newest 1'],
    });
    expect(await leftOf('00000004')).toEqual({ images: 1, snapshots: 1 });

    const listed = JSON.parse((await image('mill', 'list', least)).stdout) as { images: Record<string, unknown>[] };
    expect(listed.images.map(({ id, usedBy, onRecord, state }) => ({ id, usedBy, onRecord, state }))).toContainEqual({
      ...{ id: stopped, usedBy: [`instance ${instance} (running)`], onRecord: true, state: 'available' },
    });

    const pruned = await image('mill', 'prune', least);
    expect(pruned.code, pruned.stderr).toBe(0);
    expect(await leftOf('00000004')).toEqual({ images: 0, snapshots: 0 });
    expect(await readKeptRecord(platform.aws, owner, bakeKey)).toBeUndefined();
    for (const run of ['00000001', '00000002', '00000003', '00000005']) {
      expect(await leftOf(run), run).toEqual({ images: 1, snapshots: 1 });
    }
    const again = await image('mill', 'prune', least);
    expect([again.code, JSON.parse(again.stdout)]).toEqual([0, expect.objectContaining({ remove: [], removed: [] })]);
  });

  test('where a list cannot be read to its end nothing is removed', async () => {
    const old = await bake('farm', '00000011');
    await bake('farm', '00000012');
    const { owner, bakeKey } = await recordOf('farm', old);
    for (const list of [
      'DescribeInstances',
      'DescribeLaunchTemplates',
      'DescribeLaunchConfigurations',
      'ListPipelineExecutions',
    ]) {
      const ended = await image('farm', 'prune', least, refusing(list, 'InternalFailure', 'not now'));
      expect(ended.code, list).toBe(1);
      expect((await readKeptRecord(platform.aws, owner, bakeKey))?.value.imageId, list).toBe(old);
    }
    expect(await leftOf('00000011')).toEqual({ images: 1, snapshots: 1 });
  });

  test('what could not be removed is named, and the next run ends it', async () => {
    await bake('port', '00000021');
    await bake('port', '00000022');
    const ended = await image('port', 'prune', least, refusing('DeleteSnapshot', 'UnauthorizedOperation', 'not you'));
    expect([ended.code, errorIn(ended)]).toEqual([1, 'PRUNE_INCOMPLETE']);
    expect(ended.stderr).toMatch(/snapshot snap-[0-9a-f]+: not you/);
    expect(await leftOf('00000021')).toEqual({ images: 0, snapshots: 1 });
    const next = await image('port', 'prune', least);
    expect(next.code, next.stderr).toBe(0);
    expect(await leftOf('00000021')).toEqual({ images: 0, snapshots: 0 });
    expect(await leftOf('00000022')).toEqual({ images: 1, snapshots: 1 });
  });

  test('an image that a bake chooses between the list and its removal stays; one that goes is not chosen', async () => {
    const old = await bake('quay', '00000031');
    const newest = await bake('quay', '00000032');
    const { owner, bakeKey, key } = await recordOf('quay', old);
    const record = (await readKeptRecord(platform.aws, owner, bakeKey))?.value;
    const s3 = await platform.aws.s3();
    const Body = JSON.stringify({ ...record, chosenAt: new Date().toISOString() });
    const choose = () => s3.send(new PutObjectCommand({ Bucket: platform.bucket, Key: key, Body }));
    const ended = await image('quay', 'prune', least, justBefore(/^DELETE .*infrastructure/, choose));
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stderr).toContain(`keeps ${old}: a job chose it meanwhile\n`);
    expect(await leftOf('00000031')).toEqual({ images: 1, snapshots: 1 });

    expect(await markChosen(platform.aws, owner, bakeKey, newest), 'it names another image').toBe(false);
    expect(await markChosen(platform.aws, owner, bakeKey, old)).toBe(true);
    const explained = await image('quay', 'explain', [old]);
    expect(JSON.parse(explained.stdout), explained.stderr).toMatchObject({
      ...{ id: old, bakeKey, comparison: { with: `the newest image ${newest}`, changes: [] } },
    });
    expect((await image('quay', 'prune', least)).code).toBe(0);
    expect(await markChosen(platform.aws, owner, bakeKey, old)).toBe(false);
    expect(errorIn(await image('quay', 'explain', [old]))).toBe('IMAGE_UNKNOWN');
  });
});

test('a launch template that names its image by a parameter could start from any: nothing is removed', async () => {
  const other = await makePlatform(cloudAccount('100000000515'));
  await admit(other, 'mill');
  const LaunchTemplateData = { ImageId: 'resolve:ssm:/golden/image' };
  const command = new CreateLaunchTemplateCommand({ LaunchTemplateName: 'golden', LaunchTemplateData });
  await (await other.aws.ec2()).send(command);
  const words = ['image', 'prune', '--tenant', 'mill', '--environment', 'dev', '--dry-run'];
  const ended = await vendhost(words, { env: other.env });
  expect([ended.code, errorIn(ended)]).toEqual([1, 'IMAGE_USE_UNKNOWN']);
});
