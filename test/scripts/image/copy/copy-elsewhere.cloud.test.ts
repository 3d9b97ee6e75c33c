import { createHash, randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ACMClient, RequestCertificateCommand } from '@aws-sdk/client-acm';
import {
  CompleteSnapshotCommand,
  GetSnapshotBlockCommand,
  ListSnapshotBlocksCommand,
  PutSnapshotBlockCommand,
  StartSnapshotCommand,
} from '@aws-sdk/client-ebs';
import { DescribeImagesCommand, DescribeSnapshotsCommand, RegisterImageCommand } from '@aws-sdk/client-ec2';
import { DeleteBucketPolicyCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { poll } from '../../../../scripts/aws/poll.ts';
import { readPlatformFacts } from '../../../../scripts/aws/read-facts.ts';
import { type Aws, openAws } from '../../../../scripts/aws/session.ts';
import type { PlatformFacts } from '../../../../scripts/config/facts.ts';
import { tags } from '../../../../scripts/config/names.ts';
import type { BakeInputs } from '../../../../scripts/config/stored.ts';
import { checkDrift } from '../../../../scripts/drift/check-drift.ts';
import { readOwnImage } from '../../../../scripts/host/instances/own-image.ts';
import { provisionHost } from '../../../../scripts/host/provision.ts';
import { bakeKey } from '../../../../scripts/image/bake-key.ts';
import { tagList } from '../../../../scripts/image/builder/launch.ts';
import { cleanImages } from '../../../../scripts/image/clean/clean-images.ts';
import { writeRecord } from '../../../../scripts/image/record.ts';
import { deployPlatform } from '../../../../scripts/platform/deploy/deploy-platform.ts';
import { type PromoteOptions, promoteRelease } from '../../../../scripts/promotion/promote-release.ts';
import { rollBackRelease } from '../../../../scripts/release/rollback/roll-back.ts';
import { startRelease } from '../../../../scripts/release/start.ts';
import { listImages } from '../../../../scripts/retention/images/list-images.ts';
import { pruneImages } from '../../../../scripts/retention/images/prune-images.ts';
import { pushRevision } from '../../../../scripts/revision/push.ts';
import { vendTenant } from '../../../../scripts/tenant/vend.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../../builders/enforcing-cloud.ts';
import { makeImage as buildImage } from '../../../builders/image.ts';
import { kioskSoftware } from '../../../builders/kiosk-software.ts';
import { platformRepository } from '../../../builders/platform-repository.ts';
import { type Recorder, recorder } from '../../../builders/recorder.ts';
import { repository, type Tree } from '../../../builders/repository.ts';
import { callJson, clientConfig } from '../../../local-cloud/clients.ts';

// Staging and production are in two accounts and two regions, the image has two disks, and production had baked one of the same inputs.

const accounts = { staging: '241000000001', production: '241000000002' } as const;
const regions = { staging: 'eu-west-1', production: 'eu-central-1' } as const;
const environments = ['staging', 'production'] as const;
type Env = (typeof environments)[number];
const branches = { staging: 'staging', production: 'master' } as const;
const place = { tenant: 'shop', environment: 'production' } as const;
const there = { tenant: 'shop', environment: 'staging' } as const;
const vendhostYml = `instances: { min: 1, max: 1 }
health_check: { path: /index.html, grace_seconds: 0 }
database: none
`;

let enforcing: EnforcingCloud;
let files: Awaited<ReturnType<typeof platformRepository>>;
let directory: string;
const owner = {} as Record<Env, Aws>;
const facts = {} as Record<Env, PlatformFacts>;
let elsewhere: { readonly region: string; readonly certificate: string };
let before: string;
let tested: string;

const person = (environment: Env): Recorder =>
  recorder({
    ...enforcing.person(accounts[environment]).env,
    AWS_REGION: regions[environment],
    AWS_DEFAULT_REGION: regions[environment],
  });
const variablesOf = (environment: Env, name: 'deploy' | 'plan' = 'deploy') => ({
  AWS_REGION: regions[environment],
  CI_JOB_URL: 'https://gitlab.example.test/acme/shop/-/jobs/77',
  VENDHOST_ROLE_ARN: `arn:aws:iam::${accounts[environment]}:role/vendhost-${environment}-shop-${name}`,
});
const jobIn = async (environment: Env, more: Readonly<Record<string, string>> = {}) =>
  await enforcing.job(
    { projectPath: 'acme/shop', ref: branches[environment] },
    { ...variablesOf(environment), ...more },
  );
async function promote(more: Readonly<Record<string, string>> = {}, options: Partial<PromoteOptions> = {}) {
  const access = `eu-west-1 arn:aws:iam::${accounts.staging}:role/vendhost-staging-shop-plan`;
  const own = await jobIn('production', { VENDHOST_PLAN_ACCESS_SHOP_STAGING: access, ...more });
  const all = { ...place, from: undefined, revision: undefined, withImage: true, reason: 'tested', dryRun: false };
  const code = await promoteRelease(own, { ...all, directory, ...options });
  return { code, ...JSON.parse(own.printed()) };
}
async function said(command: (own: Recorder) => Promise<unknown>, isPlan = false) {
  const plan: Record<string, string> = isPlan
    ? { VENDHOST_PLAN_ROLE_ARN: variablesOf('production', 'plan').VENDHOST_ROLE_ARN }
    : {};
  const own = await jobIn('production', plan);
  const code = await command(own);
  return { code, ...JSON.parse(own.printed()) };
}
const inputs = (environment: Env): BakeInputs => ({
  ...{ place: `${environment}/shop`, scripts: { 'install.sh': 'x-1' }, base: {}, template: {}, sourceAmi: 'ami-0a' },
  ...{ architecture: 'x86_64', volumeGib: 8, encryptionKey: facts[environment]['key-arn'], packer: '1.6.6' },
});
async function release(environment: Env, page: string) {
  await writeFile(join(directory, 'software/index.html'), page);
  const pushed = await jobIn(environment);
  await pushRevision(pushed, { ...{ tenant: 'shop', environment }, directory, dryRun: false });
  const { revisionKey: revision } = JSON.parse(pushed.printed());
  await startRelease(await jobIn(environment), { tenant: 'shop', environment, revision, dryRun: false });
}
async function blocksOf(aws: Aws, id = '') {
  const ebs = await aws.ebs();
  const { Blocks = [], VolumeSize } = await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId: id }));
  const whole = createHash('sha256');
  for (const { BlockIndex, BlockToken } of Blocks) {
    const { BlockData } = await ebs.send(new GetSnapshotBlockCommand({ SnapshotId: id, BlockIndex, BlockToken }));
    whole.update(`${BlockIndex} `).update((await BlockData?.transformToByteArray()) ?? '');
  }
  return { VolumeSize, count: Blocks.length, sum: whole.digest('hex') };
}
async function disks(aws: Aws, image: string) {
  const { Images: [found] = [] } = await (await aws.ec2()).send(new DescribeImagesCommand({ ImageIds: [image] }));
  return found?.BlockDeviceMappings ?? [];
}
async function dataDisk(environment: Env, gib: number, text: string, more: Record<string, string> = {}) {
  const ebs = await owner[environment].ebs();
  const { SnapshotId = '' } = await ebs.send(
    new StartSnapshotCommand({
      VolumeSize: gib,
      Encrypted: true,
      KmsKeyArn: facts[environment]['key-arn'],
      Tags: tagList({ ...tags(environment, 'image', 'shop'), ...more }),
    }),
  );
  const bytes = Buffer.alloc(524_288);
  const at = [0, 3, gib * 2048 - 1];
  for (const index of at) {
    bytes.write(`${text} ${index}`);
    await ebs.send(
      new PutSnapshotBlockCommand({
        SnapshotId,
        BlockIndex: index,
        BlockData: Buffer.from(bytes),
        DataLength: bytes.length,
        ChecksumAlgorithm: 'SHA256',
        Checksum: createHash('sha256').update(bytes).digest('base64'),
      }),
    );
  }
  await ebs.send(new CompleteSnapshotCommand({ SnapshotId, ChangedBlocksCount: at.length }));
  await poll({
    what: 'disk',
    pace: owner[environment].pace,
    limitMs: 60_000,
    signal: new AbortController().signal,
    check: async () => {
      const { Snapshots = [] } = await (await owner[environment].ec2()).send(
        new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }),
      );
      return Snapshots[0]?.State === 'completed' ? true : undefined;
    },
  });
  return SnapshotId;
}
/** A staging image of two disks, on record and released on. */
async function twoDisks(proof: string) {
  const platform = {
    ...enforcing.person(accounts.staging),
    environment: 'staging',
    bucket: facts.staging.bucket,
    facts: facts.staging,
    listeners: [],
  } as const;
  const install = ['mkdir -p /opt/kiosk', `echo '${proof}' > /opt/kiosk/proof.html`];
  const base = await buildImage(platform, 'shop', { agent: true, recorded: false, install });
  const [root] = await disks(owner.staging, base);
  const data = await dataDisk('staging', 3, proof);
  const key = bakeKey(inputs('staging'));
  const { ImageId = '' } = await (await owner.staging.ec2()).send(
    new RegisterImageCommand({
      Name: `two-${proof}`.replaceAll(' ', '-'),
      Architecture: 'x86_64',
      RootDeviceName: root?.DeviceName ?? '',
      VirtualizationType: 'hvm',
      EnaSupport: true,
      BlockDeviceMappings: [
        {
          DeviceName: root?.DeviceName ?? '',
          Ebs: {
            SnapshotId: root?.Ebs?.SnapshotId ?? '',
            VolumeType: 'gp3',
            Iops: 4000,
            Throughput: 200,
            VolumeSize: 10,
            DeleteOnTermination: true,
          },
        },
        { DeviceName: '/dev/sdf', Ebs: { SnapshotId: data, VolumeSize: 5, DeleteOnTermination: true } },
      ],
      TagSpecifications: [
        { ResourceType: 'image', Tags: tagList({ ...tags('staging', 'image', 'shop'), 'vendhost:bake-key': key }) },
      ],
    }),
  );
  await writeRecord(owner.staging, { place: there, bucket: facts.staging.bucket }, key, {
    imageId: ImageId,
    inputs: inputs('staging'),
  });
  return ImageId;
}

/** Deploys and vends both environments, with this in `platform.yml` about production. */
async function vend(production: object) {
  await files.writePlatform({ production: { ...elsewhere, ...production } });
  for (const environment of environments) {
    owner[environment] = openAws(person(environment));
    const options = { directory: files.directory, environment, dryRun: false };
    await deployPlatform(person(environment), options);
    await vendTenant(person(environment), { ...options, tenant: 'shop' });
    facts[environment] = await readPlatformFacts(owner[environment], environment);
    // It refuses everything that is not TLS, which the local cloud does not speak.
    const { bucket: Bucket } = facts[environment];
    await (await owner[environment].s3()).send(new DeleteBucketPolicyCommand({ Bucket }));
  }
}

beforeAll(async () => {
  files = await platformRepository(accounts.staging, { production: accounts.production });
  enforcing = await startEnforcingCloud(files.directory);
  await files.certify(enforcing.cloud.endpoint);
  const acm = new ACMClient(clientConfig(enforcing.cloud.endpoint, accounts.production, regions.production));
  const { CertificateArn } = await acm.send(
    new RequestCertificateCommand({
      DomainName: 'production.example.com',
      SubjectAlternativeNames: ['production.example.com', '*.production.example.com'],
      ValidationMethod: 'DNS',
    }),
  );
  elsewhere = { region: regions.production, certificate: CertificateArn ?? '' };
  const hosts = Object.fromEntries(environments.map((name) => [name, [`shop.${name}.example.com`]]));
  await files.writeTenant('shop', { project: 'acme/shop', hosts });
  await vend({ images_from: 'staging' });
  const checkout: Tree = { ...kioskSoftware, 'vendhost.yml': vendhostYml };
  directory = await repository(checkout);
  // Production has an image of the same inputs, baked here.
  const platform = {
    ...enforcing.person(accounts.production),
    aws: owner.production,
    environment: 'production',
    bucket: facts.production.bucket,
    facts: facts.production,
    listeners: [],
  } as const;
  const own = inputs('production');
  before = await buildImage(platform, 'shop', {
    agent: true,
    recorded: false,
    tags: { 'vendhost:bake-key': bakeKey(own), 'vendhost:bake-run': 'abcdef01' },
  });
  await writeRecord(owner.production, { place, bucket: facts.production.bucket }, bakeKey(own), {
    imageId: before,
    inputs: own,
  });
  await provisionHost(await jobIn('production'), { ...place, directory, image: before, dryRun: false });
  await release('production', 'before\n');
  tested = await twoDisks(`staging ${randomUUID()}`);
  await provisionHost(await jobIn('staging'), { ...there, directory, image: tested, dryRun: false });
  await release('staging', 'tested\n');
}, 600_000);
afterAll(async () => {
  await enforcing?.cloud.stop();
});

let copied: string;

const ownImage = async () => await readOwnImage(owner.production, place);
const rollBack = async () =>
  await said((own) =>
    rollBackRelease(own, { ...place, to: undefined, reason: 'worse', keepImage: false, directory, dryRun: false }),
  );

test('where the key of staging cannot be used, that is what is said', async () => {
  const KeyId = facts.staging['key-arn'];
  await callJson(enforcing.cloud.endpoint, accounts.staging, 'TrentService.DisableKey', { KeyId });
  await expect(promote({}, { dryRun: true })).rejects.toMatchObject({
    ...{ code: 'IMAGE_COPY_FAILED', message: expect.stringContaining('DEPENDENCY_ACCESS_DENIED') },
  });
  await callJson(enforcing.cloud.endpoint, accounts.staging, 'TrentService.EnableKey', { KeyId });
});

test('both disks are copied, each in its place and with its settings', async () => {
  expect(await promote()).toMatchObject({ code: undefined, status: 'succeeded' });
  copied = (await ownImage()) ?? '';
  expect(copied).not.toBe(before);
  const [theirs, ours] = [await disks(owner.staging, tested), await disks(owner.production, copied)];
  const withoutIds = (all: typeof ours) =>
    all.map(({ DeviceName, Ebs }) => ({ DeviceName, Ebs: { ...Ebs, SnapshotId: '' } }));
  expect(withoutIds(ours)).toEqual(withoutIds(theirs));
  for (const [at, { Ebs }] of theirs.entries())
    expect(await blocksOf(owner.production, ours[at]?.Ebs?.SnapshotId)).toEqual(
      await blocksOf(owner.staging, Ebs?.SnapshotId),
    );
});

test('its base image is not taken for one that was withdrawn: it is in another region', async () => {
  const { sections } = await said(
    (own) =>
      checkDrift(own, {
        ...{ directory, environment: 'production', tenant: 'shop', failOn: [], checks: ['images'], ignore: undefined },
        ...{ shard: undefined, junit: undefined, page: undefined },
      }),
    true,
  );
  expect(sections).toMatchObject([
    { findings: [{ gravity: 'unknown', title: expect.stringContaining(`staging/${tested}`) }] },
  ]);
});

test('no sweep and no prune takes the image that the copy took the place of; both are on record', async () => {
  const rules = { keep: 1, olderThanDays: 0 };
  expect(await said((own) => cleanImages(own, { ...place, dryRun: false }))).toMatchObject({ removed: [] });
  expect(await said((own) => pruneImages(own, { ...place, ...rules, dryRun: false }))).toMatchObject({ removed: [] });
  const { images } = await said((own) => listImages(own, { ...place, ...rules }), true);
  const onRecord = (images as { id: string; onRecord: boolean }[]).filter((each) => each.onRecord);
  expect(onRecord.map(({ id }) => id).sort()).toEqual([before, copied].sort());
});

test('a rollback goes back to it', async () => {
  expect(await rollBack()).toMatchObject({ status: 'succeeded', image: { kind: 'back', to: before } });
  expect(await ownImage()).toBe(before);
});

test('promoted again, it is the same copy; a second image of the same inputs is another, and a rollback goes back to the first copy', async () => {
  expect(await promote()).toMatchObject({ status: 'succeeded', image: { copy: copied } });
  expect(await ownImage()).toBe(copied);
  const second = await twoDisks(`again ${randomUUID()}`);
  await provisionHost(await jobIn('staging'), { ...there, directory, image: second, dryRun: false });
  await release('staging', 'second\n');
  expect(await promote()).toMatchObject({ status: 'succeeded', from: { image: second } });
  expect([copied, before]).not.toContain(await ownImage());
  expect(await rollBack()).toMatchObject({ status: 'succeeded', image: { kind: 'back', to: copied } });
  expect(await ownImage()).toBe(copied);
});

test('without images_from nothing is copied; with it again, the copy that was made is used', async () => {
  await vend({});
  await expect(promote()).rejects.toMatchObject({ code: 'IMAGE_PROMOTION_OFF' });
  await vend({ images_from: 'staging' });
  expect(await promote()).toMatchObject({ status: 'succeeded', image: { copy: expect.stringMatching(/^ami-/) } });
});
