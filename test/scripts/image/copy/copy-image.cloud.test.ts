import {
  CopyImageCommand,
  CopySnapshotCommand,
  CreateImageCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Image,
  ModifyImageAttributeCommand,
  ModifySnapshotAttributeCommand,
  RegisterImageCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import { DeleteBucketPolicyCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { poll } from '../../../../scripts/aws/poll.ts';
import { readPlatformFacts } from '../../../../scripts/aws/read-facts.ts';
import { type Aws, openAws } from '../../../../scripts/aws/session.ts';
import type { PlatformFacts } from '../../../../scripts/config/facts.ts';
import { names, tags } from '../../../../scripts/config/names.ts';
import type { BakeInputs } from '../../../../scripts/config/stored.ts';
import { exitCodes } from '../../../../scripts/errors.ts';
import { readOwnImage } from '../../../../scripts/host/instances/own-image.ts';
import { provisionHost } from '../../../../scripts/host/provision.ts';
import { tagList } from '../../../../scripts/image/builder/launch.ts';
import { findTraces } from '../../../../scripts/image/clean/leftovers.ts';
import { copyImage } from '../../../../scripts/image/copy/copy-image.ts';
import { type WantedCopy, wantedCopy } from '../../../../scripts/image/copy/copy-plan.ts';
import { diskTags } from '../../../../scripts/image/copy/copy-traces.ts';
import { bakeKeyOf } from '../../../../scripts/image/image-faults.ts';
import { readRecord, writeRecord } from '../../../../scripts/image/record.ts';
import { deployPlatform } from '../../../../scripts/platform/deploy/deploy-platform.ts';
import { type PromoteOptions, promoteRelease } from '../../../../scripts/promotion/promote-release.ts';
import { startRelease } from '../../../../scripts/release/start.ts';
import { pushRevision } from '../../../../scripts/revision/push.ts';
import { readStack } from '../../../../scripts/stack/stack-state.ts';
import { vendTenant } from '../../../../scripts/tenant/vend.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../../builders/enforcing-cloud.ts';
import { makeImage as buildImage } from '../../../builders/image.ts';
import { kioskSoftware } from '../../../builders/kiosk-software.ts';
import { platformRepository } from '../../../builders/platform-repository.ts';
import type { Recorder } from '../../../builders/recorder.ts';
import { repository, type Tree } from '../../../builders/repository.ts';
import { callJson } from '../../../local-cloud/clients.ts';
import { refusing, wire } from '../../wire.ts';

// Both environments are in one account, and IAM is enforced: what production's jobs may copy of staging, and what nobody may.

const account = '191000000001';
const environments = ['staging', 'production'] as const;
const branches = { staging: 'staging', production: 'master' } as const;
const place = { tenant: 'shop', environment: 'production' } as const;
const vendhostYml = `instances: { min: 1, max: 1 }
health_check: { path: /index.html, grace_seconds: 0 }
database: none
`;
const job = 'https://gitlab.example.test/acme/shop/-/jobs/77';

let enforcing: EnforcingCloud;
let owner: Aws;
let facts: Record<(typeof environments)[number], PlatformFacts>;
let runtime: Recorder;
let source: Image;
let disk: string;
let wanted: WantedCopy;
let copied: string;
const roles = new Map<string, EC2Client>();

beforeAll(async () => {
  const files = await platformRepository(account, { production: account });
  enforcing = await startEnforcingCloud(files.directory);
  await files.certify(enforcing.cloud.endpoint);
  await files.writePlatform({ production: { images_from: 'staging' } });
  const person = enforcing.person(account);
  owner = person.aws;
  for (const tenant of ['shop', 'blog']) {
    const of = tenant === 'shop' ? environments : (['production'] as const);
    const hosts = Object.fromEntries(of.map((name) => [name, [`${tenant}.${name}.example.com`]]));
    await files.writeTenant(tenant, { project: `acme/${tenant}`, hosts });
  }
  for (const environment of environments) {
    const options = { directory: files.directory, environment, dryRun: false };
    await deployPlatform(person.runtime(), options);
    for (const tenant of environment === 'production' ? ['shop', 'blog'] : ['shop']) {
      await vendTenant(person.runtime(), { ...options, tenant });
      const subject = { projectPath: `acme/${tenant}`, ref: branches[environment] };
      const each = await enforcing.job(subject, variablesOf(tenant, environment));
      if (tenant === 'shop' && environment === 'production') runtime = each;
      roles.set(`${tenant}/${environment}`, await openAws(each).ec2());
    }
  }
  const [staging, production] = await Promise.all(environments.map((name) => readPlatformFacts(owner, name)));
  if (staging === undefined || production === undefined) throw new Error('no facts');
  facts = { staging, production };
  source = await makeImage(staging['key-arn']);
  disk = source.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
  wanted = await describeCopy();
}, 600_000);
afterAll(async () => {
  await enforcing?.cloud.stop();
});

function variablesOf(tenant: string, environment: string) {
  const role = `arn:aws:iam::${account}:role/vendhost-${environment}-${tenant}-deploy`;
  return { AWS_REGION: 'eu-west-1', CI_JOB_URL: job, VENDHOST_ROLE_ARN: role };
}

/** An image of shop in staging, as a bake leaves it. */
async function makeImage(key: string): Promise<Image> {
  const ec2 = await owner.ec2();
  const { Images: [base] = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ['136693071363'] }));
  const root = { DeviceName: base?.RootDeviceName ?? '', Ebs: { Encrypted: true, KmsKeyId: key } };
  const { Instances: [instance] = [] } = await ec2.send(
    new RunInstancesCommand({ ImageId: base?.ImageId, MinCount: 1, MaxCount: 1, BlockDeviceMappings: [root] }),
  );
  const ids = { InstanceIds: [instance?.InstanceId ?? ''] };
  const running = async () =>
    (await ec2.send(new DescribeInstancesCommand(ids))).Reservations?.[0]?.Instances?.[0]?.State?.Name === 'running';
  await until('the builder to run', async () => ((await running()) ? true : undefined));
  const Tags = tagList({ ...tags('staging', 'image', 'shop'), 'vendhost:bake-key': 'a'.repeat(64) });
  const TagSpecifications = (['image', 'snapshot'] as const).map((ResourceType) => ({ ResourceType, Tags }));
  const made = await ec2.send(
    new CreateImageCommand({ InstanceId: ids.InstanceIds[0], Name: 'tested-in-staging', TagSpecifications }),
  );
  return await until('the image to be available', async () => {
    const { Images = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [made.ImageId ?? ''] }));
    return Images.find(({ State }) => State === 'available');
  });
}

async function until<T>(what: string, check: () => Promise<T | undefined>): Promise<T> {
  return await poll({ what, pace: owner.pace, limitMs: 120_000, signal: new AbortController().signal, check });
}

const inputs = (): BakeInputs => ({
  ...{ place: 'staging/shop', scripts: { 'install.sh': 'x-1' }, base: {}, template: {}, sourceAmi: 'ami-0a' },
  ...{ architecture: 'x86_64', volumeGib: 8, encryptionKey: facts.staging['key-arn'], packer: '1.6.6' },
});

async function describeCopy(): Promise<WantedCopy> {
  const { Snapshots = [] } = await (await owner.ec2()).send(new DescribeSnapshotsCommand({ SnapshotIds: [disk] }));
  const record = { imageId: source.ImageId ?? '', inputs: inputs() };
  return wantedCopy(
    { id: source.ImageId ?? '', image: source, bakeKey: 'a'.repeat(64), record, snapshots: Snapshots },
    { place, from: 'staging', account, encryptionKey: facts.production['key-arn'] },
  );
}

const copy = () => {
  const theirs = { owner: { place, bucket: facts.production.bucket }, facts: facts.production };
  return copyImage(runtime, openAws(runtime), theirs, wanted);
};
const as = (role: string): EC2Client => {
  const client = roles.get(role);
  if (client === undefined) throw new Error(`no role ${role}`);
  return client;
};
const volume = (snapshot: string, environment: string, tenant = 'shop') =>
  new CreateVolumeCommand({
    ...{ AvailabilityZone: 'eu-west-1a', SnapshotId: snapshot, Encrypted: true },
    KmsKeyId: facts.production['key-arn'],
    TagSpecifications: [{ ResourceType: 'volume', Tags: tagList(tags(environment, 'image', tenant)) }],
  });

test('a disk whose key cannot be used is not copied', async () => {
  const [KeyId, endpoint] = [facts.staging['key-arn'], enforcing.cloud.endpoint];
  await callJson(endpoint, account, 'TrentService.DisableKey', { KeyId });
  await expect(copy()).rejects.toMatchObject({ code: 'IMAGE_COPY_FAILED' });
  await callJson(endpoint, account, 'TrentService.EnableKey', { KeyId });
  // The next one does not go on with a volume that is no good.
  expect([...(await findTraces(owner, place)).values()].flatMap(({ images }) => images)).toEqual([]);
});

test("a production job goes on with what a dead one began, and copies its tenant's image with production's key", async () => {
  const begun = await as('shop/production').send(
    new CreateVolumeCommand({
      ...volume(disk, 'production').input,
      TagSpecifications: [{ ResourceType: 'volume', Tags: diskTags(wanted, '0badf00d', disk) }],
    }),
  );
  copied = await copy();
  const ec2 = await owner.ec2();
  const { Images: [image] = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [copied] }));
  const id = image?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
  const { Snapshots: [snapshot] = [] } = await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [id] }));
  expect(snapshot).toMatchObject({ VolumeId: begun.VolumeId, Encrypted: true, KmsKeyId: facts.production['key-arn'] });
  expect(Object.fromEntries((image?.Tags ?? []).map(({ Key, Value }) => [Key, Value]))).toMatchObject({
    ...tags('production', 'image', 'shop'),
    'vendhost:bake-key': wanted.bakeKey,
    'vendhost:promoted-from': `staging/${source.ImageId}`,
  });
  expect(
    (await ec2.send(new DescribeVolumesCommand({ Filters: [{ Name: 'volume-id', Values: [begun.VolumeId ?? ''] }] })))
      .Volumes,
  ).toEqual([]);
  const record = await readRecord(owner, { place, bucket: facts.production.bucket }, wanted.bakeKey);
  const promotedFrom = { environment: 'staging', image: source.ImageId, account, job };
  expect(record).toMatchObject({ imageId: copied, inputs: wanted.inputs, promotedFrom });
});

test('once more, it is that copy', async () => {
  expect(await copy()).toBe(copied);
});

describe('promoted with its software', () => {
  const checkout: Tree = { ...kioskSoftware, 'vendhost.yml': vendhostYml };
  let directory: string;
  let tested: string;
  let revision: string;

  /** A job of shop on the branch of an environment. */
  const jobIn = async (environment: (typeof environments)[number], more: Readonly<Record<string, string>> = {}) =>
    await enforcing.job(
      { projectPath: 'acme/shop', ref: branches[environment] },
      { ...variablesOf('shop', environment), ...more },
    );

  async function promote(more: Readonly<Record<string, string>> = {}, options: Partial<PromoteOptions> = {}) {
    const access = `eu-west-1 arn:aws:iam::${account}:role/vendhost-staging-shop-plan`;
    const own = await jobIn('production', { VENDHOST_PLAN_ACCESS_SHOP_STAGING: access, ...more });
    const all = { ...place, from: undefined, revision: undefined, withImage: true, reason: 'tested', dryRun: false };
    const code = await promoteRelease(own, { ...all, directory, ...options });
    return { code, ...JSON.parse(own.printed()) };
  }

  /** Whether the stack has the newest version of the launch template as that of the instances. */
  async function isRolledOut() {
    const { parameters, outputs } = (await readStack(owner, names.tenantStack(place, 'host'))) ?? {};
    return parameters?.LaunchTemplateVersion === outputs?.NewestVersion;
  }

  beforeAll(async () => {
    directory = await repository(checkout);
    // They refuse everything that is not TLS, which the local cloud does not speak.
    for (const { bucket: Bucket } of Object.values(facts)) {
      await (await owner.s3()).send(new DeleteBucketPolicyCommand({ Bucket }));
    }
    const staging = { ...enforcing.person(account), environment: 'staging', bucket: facts.staging.bucket } as const;
    const platform = { ...staging, facts: facts.staging, listeners: [] };
    tested = await buildImage(platform, 'shop', { agent: true, recorded: false });
    const { Images: [image] = [] } = await (await owner.ec2()).send(new DescribeImagesCommand({ ImageIds: [tested] }));
    const record = { imageId: tested, inputs: { ...inputs(), scripts: { 'install.sh': 'x-2' } } };
    const at = { place: { tenant: 'shop', environment: 'staging' }, bucket: facts.staging.bucket } as const;
    await writeRecord(owner, at, (image && bakeKeyOf(image)) ?? '', record);
    await provisionHost(await jobIn('production'), { ...place, directory, image: copied, dryRun: false });
    await provisionHost(await jobIn('staging'), { ...at.place, directory, image: tested, dryRun: false });
    const pushed = await jobIn('staging');
    await pushRevision(pushed, { ...at.place, directory, dryRun: false });
    ({ revisionKey: revision } = JSON.parse(pushed.printed()));
    await startRelease(await jobIn('staging'), { ...at.place, revision, dryRun: false });
  });

  /** Ids of the copies of what was tested. */
  async function copies() {
    const Filters = [{ Name: 'tag:vendhost:promoted-from', Values: [`staging/${tested}`] }];
    const { Images = [] } = await (await owner.ec2()).send(new DescribeImagesCommand({ Owners: ['self'], Filters }));
    return Images.map(({ ImageId }) => ImageId);
  }

  test('a dry run copies nothing', async () => {
    expect(await promote({}, { dryRun: true })).toMatchObject({ code: exitCodes.differs, status: 'start' });
    expect([await readOwnImage(owner, place), await copies()]).toEqual([copied, []]);
  });

  test('a job that comes to its end before the roll-out, of whose copy the answer was lost as well', async () => {
    let lost = 0;
    const refused = refusing('StartInstanceRefresh', 'AccessDenied');
    const cut = await wire(enforcing.cloud.endpoint, async (call, next) => {
      if (call.operation !== 'RegisterImage' || lost > 0) return await refused(call, next);
      lost += 1;
      await next();
      return { status: 0, body: '' };
    });
    await expect(promote({ AWS_ENDPOINT_URL: cut })).rejects.toThrow('AccessDenied');
    expect(lost).toBe(1);
    expect([await readOwnImage(owner, place), await copies()]).toEqual([copied, [expect.stringMatching(/^ami-/)]]);
  });

  test('one that comes to its end after the roll-out, and before the stack says so', async () => {
    let isRolled = false;
    const refused = refusing(/^(UpdateStack|CreateChangeSet)$/, 'AccessDenied');
    const cut = await wire(enforcing.cloud.endpoint, async (call, next) => {
      isRolled ||= call.operation === 'StartInstanceRefresh';
      return isRolled ? await refused(call, next) : await next();
    });
    await expect(promote({ AWS_ENDPOINT_URL: cut })).rejects.toThrow('AccessDenied');
    expect([await readOwnImage(owner, place), await isRolledOut()]).toEqual([(await copies())[0], false]);
  });

  test('the next one goes on with that copy, and releases on it; then there is nothing to promote', async () => {
    const [image] = await copies();
    expect(await promote()).toMatchObject({
      ...{ code: undefined, status: 'succeeded', revisionKey: revision },
      from: { environment: 'staging', image: tested },
    });
    expect([await readOwnImage(owner, place), await copies(), await isRolledOut()]).toEqual([image, [image], true]);
    expect(await promote()).toMatchObject({ code: undefined, status: 'unchanged' });
  });
});

const own = tagList(tags('production', 'image', 'blog'));
test.each<[string, string, (client: EC2Client) => Promise<unknown>]>([
  ["blog's production", "reads shop's disk", (ec2) => ec2.send(volume(disk, 'production', 'blog'))],
  [
    "blog's production",
    "copies shop's image",
    (ec2) =>
      ec2.send(
        new CopyImageCommand({
          ...{ Name: 'mine', SourceImageId: source.ImageId, SourceRegion: 'eu-west-1' },
          TagSpecifications: [{ ResourceType: 'image', Tags: own }],
        }),
      ),
  ],
  [
    "blog's production",
    "copies shop's snapshot",
    (ec2) => ec2.send(new CopySnapshotCommand({ SourceSnapshotId: disk, SourceRegion: 'eu-west-1' })),
  ],
  [
    "blog's production",
    "registers shop's disk as its own",
    (ec2) =>
      ec2.send(
        new RegisterImageCommand({
          ...{ Name: 'mine', RootDeviceName: '/dev/xvda' },
          BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId: disk } }],
          TagSpecifications: [{ ResourceType: 'image', Tags: own }],
        }),
      ),
  ],
  ["shop's staging", 'makes a disk in production', (ec2) => ec2.send(volume(disk, 'production'))],
  ["shop's staging", 'makes a disk', (ec2) => ec2.send(volume(disk, 'staging'))],
  [
    "shop's staging",
    'shares its image with another account',
    (ec2) =>
      ec2.send(
        new ModifyImageAttributeCommand({
          ImageId: source.ImageId,
          LaunchPermission: { Add: [{ UserId: '191000000002' }] },
        }),
      ),
  ],
  [
    "shop's staging",
    'shares its disk with another account',
    (ec2) =>
      ec2.send(
        new ModifySnapshotAttributeCommand({
          ...{ SnapshotId: disk, Attribute: 'createVolumePermission' },
          ...{ OperationType: 'add', UserIds: ['191000000002'] },
        }),
      ),
  ],
  ["shop's production", 'makes a disk in staging', (ec2) => ec2.send(volume(disk, 'staging'))],
  ["shop's production", "deletes staging's disk", (ec2) => ec2.send(new DeleteSnapshotCommand({ SnapshotId: disk }))],
  [
    "shop's production",
    "deregisters staging's image",
    (ec2) => ec2.send(new DeregisterImageCommand({ ImageId: source.ImageId })),
  ],
  [
    "shop's production",
    "launches staging's image",
    (ec2) => ec2.send(new RunInstancesCommand({ ImageId: source.ImageId, MinCount: 1, MaxCount: 1 })),
  ],
])('%s role %s: refused', async (who, _what, attack) => {
  const role = who.replace("'s ", '/');
  await expect(attack(as(role))).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
});

test("the policy with these rights is production's alone", async () => {
  const { Images = [] } = await as('shop/staging').send(new DescribeImagesCommand({ Owners: ['self'] }));
  expect(Images.map(({ ImageId }) => ImageId)).toEqual(expect.arrayContaining([copied, source.ImageId]));
  await expect(as('shop/staging').send(new DescribeVolumesCommand({}))).rejects.toMatchObject({
    name: 'UnauthorizedOperation',
  });
});
