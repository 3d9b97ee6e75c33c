import { randomUUID } from 'node:crypto';
import {
  CompleteSnapshotCommand,
  type EBSClient,
  GetSnapshotBlockCommand,
  ListSnapshotBlocksCommand,
  PutSnapshotBlockCommand,
  StartSnapshotCommand,
} from '@aws-sdk/client-ebs';
import {
  CopyImageCommand,
  CopySnapshotCommand,
  CreateImageCommand,
  CreateTagsCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
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
import { explainName } from '../../../../scripts/explain/explain-name.ts';
import { readOwnImage } from '../../../../scripts/host/instances/own-image.ts';
import { provisionHost } from '../../../../scripts/host/provision.ts';
import { tagList } from '../../../../scripts/image/builder/launch.ts';
import { cleanImages } from '../../../../scripts/image/clean/clean-images.ts';
import { findTraces } from '../../../../scripts/image/clean/leftovers.ts';
import { copyImage } from '../../../../scripts/image/copy/copy-image.ts';
import { type WantedCopy, wantedCopy } from '../../../../scripts/image/copy/copy-plan.ts';
import { diskTags } from '../../../../scripts/image/copy/copy-traces.ts';
import { bakeKeyOf } from '../../../../scripts/image/image-faults.ts';
import { readRecord, writeRecord } from '../../../../scripts/image/record.ts';
import { deployPlatform } from '../../../../scripts/platform/deploy/deploy-platform.ts';
import { type PromoteOptions, promoteRelease } from '../../../../scripts/promotion/promote-release.ts';
import { startRelease } from '../../../../scripts/release/start.ts';
import { explainImage } from '../../../../scripts/retention/images/explain-image.ts';
import { listImages } from '../../../../scripts/retention/images/list-images.ts';
import { pruneImages } from '../../../../scripts/retention/images/prune-images.ts';
import { pushRevision } from '../../../../scripts/revision/push.ts';
import { readStack } from '../../../../scripts/stack/stack-state.ts';
import { showHost } from '../../../../scripts/status/host/show-host.ts';
import { vendTenant } from '../../../../scripts/tenant/vend.ts';
import { type EnforcingCloud, startEnforcingCloud } from '../../../builders/enforcing-cloud.ts';
import { makeImage as buildImage } from '../../../builders/image.ts';
import { kioskSoftware } from '../../../builders/kiosk-software.ts';
import { platformRepository } from '../../../builders/platform-repository.ts';
import type { Recorder } from '../../../builders/recorder.ts';
import { repository, type Tree } from '../../../builders/repository.ts';
import { ask } from '../../../e2e/ask.ts';
import { callJson } from '../../../local-cloud/clients.ts';
import { refusing, wire } from '../../wire.ts';

// Each environment is in an account of its own, and IAM is enforced: what production's jobs may copy of staging, and what nobody may.

const accounts = { staging: '191000000001', production: '191000000002' } as const;
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
let stagingOwner: Aws;
let facts: Record<(typeof environments)[number], PlatformFacts>;
let runtime: Recorder;
let reading: Recorder;
let source: Image;
let disk: string;
let wanted: WantedCopy;
let copied: string;
const roles = new Map<string, { readonly ec2: EC2Client; readonly ebs: EBSClient }>();

beforeAll(async () => {
  const files = await platformRepository(accounts.staging, { production: accounts.production });
  enforcing = await startEnforcingCloud(files.directory);
  await files.certify(enforcing.cloud.endpoint);
  await files.writePlatform({ production: { images_from: 'staging' } });
  owner = enforcing.person(accounts.production).aws;
  stagingOwner = enforcing.person(accounts.staging).aws;
  for (const tenant of ['shop', 'blog']) {
    const hosts = Object.fromEntries(environments.map((name) => [name, [`${tenant}.${name}.example.com`]]));
    await files.writeTenant(tenant, { project: `acme/${tenant}`, hosts });
  }
  for (const environment of environments) {
    const person = enforcing.person(accounts[environment]);
    const options = { directory: files.directory, environment, dryRun: false };
    await deployPlatform(person.runtime(), options);
    for (const tenant of ['shop', 'blog']) {
      await vendTenant(person.runtime(), { ...options, tenant });
      for (const role of ['deploy', 'plan'] as const) {
        const ref = role === 'plan' ? 'any-branch' : branches[environment];
        const subject = { projectPath: `acme/${tenant}`, ref };
        const each = await enforcing.job(subject, variablesOf(tenant, environment, role));
        if (tenant === 'shop' && environment === 'production' && role === 'deploy') runtime = each;
        if (tenant === 'shop' && environment === 'staging' && role === 'plan') reading = each;
        const aws = openAws(each);
        roles.set(`${tenant}/${environment}/${role}`, { ec2: await aws.ec2(), ebs: await aws.ebs() });
      }
    }
  }
  const [staging, production] = await Promise.all([
    readPlatformFacts(stagingOwner, 'staging'),
    readPlatformFacts(owner, 'production'),
  ]);
  if (staging === undefined || production === undefined) throw new Error('no facts');
  facts = { staging, production };
  source = await makeImage(staging['key-arn']);
  disk = source.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
  wanted = await describeCopy();
}, 600_000);
afterAll(async () => {
  await enforcing?.cloud.stop();
});

function variablesOf(tenant: string, environment: (typeof environments)[number], name: 'deploy' | 'plan' = 'deploy') {
  const role = `arn:aws:iam::${accounts[environment]}:role/vendhost-${environment}-${tenant}-${name}`;
  return { AWS_REGION: 'eu-west-1', CI_JOB_URL: job, VENDHOST_ROLE_ARN: role };
}

/** An image of shop in staging, as a bake leaves it. */
async function makeImage(key: string): Promise<Image> {
  const ec2 = await stagingOwner.ec2();
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
  const { Snapshots = [] } = await (await stagingOwner.ec2()).send(
    new DescribeSnapshotsCommand({ SnapshotIds: [disk] }),
  );
  const record = { imageId: source.ImageId ?? '', inputs: inputs() };
  return wantedCopy(
    { id: source.ImageId ?? '', image: source, bakeKey: 'a'.repeat(64), record, snapshots: Snapshots },
    {
      ...{ place, from: 'staging', account: accounts.staging },
      ...{ encryptionKey: facts.production['key-arn'], instanceType: 't3.small' },
    },
  );
}

const copy = () => {
  const theirs = { owner: { place, bucket: facts.production.bucket }, facts: facts.production };
  return copyImage(runtime, { from: openAws(reading), to: openAws(runtime) }, theirs, wanted);
};
const as = (role: string) => {
  const clients = roles.get(role);
  if (clients === undefined) throw new Error(`no role ${role}`);
  return clients;
};
const start = (environment: 'staging' | 'production', tenant = 'shop', more: object = {}) =>
  new StartSnapshotCommand({
    ...{ VolumeSize: 8, Encrypted: true, KmsKeyArn: facts[environment]['key-arn'] },
    ...{ Tags: tagList(tags(environment, 'image', tenant)), ...more },
  });
const read = async (ebs: EBSClient, SnapshotId: string) =>
  await ebs.send(new ListSnapshotBlocksCommand({ SnapshotId }));

test('a disk whose key cannot be used is not copied', async () => {
  const [KeyId, endpoint] = [facts.staging['key-arn'], enforcing.cloud.endpoint];
  await callJson(endpoint, accounts.staging, 'TrentService.DisableKey', { KeyId });
  await expect(copy()).rejects.toMatchObject({ code: 'IMAGE_COPY_FAILED' });
  await callJson(endpoint, accounts.staging, 'TrentService.EnableKey', { KeyId });
  expect([...(await findTraces(owner, place)).values()]).toEqual([]);
});

test("a production job begins anew what a dead one left, and copies its tenant's image with production's key", async () => {
  const { ebs } = as('shop/production/deploy');
  const Tags = diskTags(wanted, '0badf00d', disk);
  const begun = await ebs.send(start('production', 'shop', { Tags }));
  copied = await copy();
  const ec2 = await owner.ec2();
  const { Images: [image] = [] } = await ec2.send(new DescribeImagesCommand({ ImageIds: [copied] }));
  const id = image?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
  const { Snapshots = [] } = await ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
  expect(Snapshots.map(({ SnapshotId }) => SnapshotId)).toEqual([id]);
  expect(id).not.toBe(begun.SnapshotId);
  const key = facts.production['key-arn'];
  expect(Snapshots).toMatchObject([
    { State: 'completed', Encrypted: true, KmsKeyId: key, OwnerId: accounts.production },
  ]);
  expect(Object.fromEntries((image?.Tags ?? []).map(({ Key, Value }) => [Key, Value]))).toMatchObject({
    ...tags('production', 'image', 'shop'),
    'vendhost:bake-key': wanted.bakeKey,
    'vendhost:promoted-from': `staging/${source.ImageId}`,
  });
  const record = await readRecord(owner, { place, bucket: facts.production.bucket }, wanted.bakeKey);
  const promotedFrom = { environment: 'staging', image: source.ImageId, account: accounts.staging, job };
  expect(record).toMatchObject({ imageId: copied, inputs: wanted.inputs, promotedFrom });
});

test('two jobs at once make one copy', async () => {
  await (await owner.ec2()).send(new DeregisterImageCommand({ ImageId: copied, DeleteAssociatedSnapshots: true }));
  const both = await Promise.all([copy(), copy()]);
  expect(new Set(both).size).toBe(1);
  [copied] = both;
  const { Snapshots = [] } = await (await owner.ec2()).send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
  expect(Snapshots).toHaveLength(1);
});

test('once more, it is that copy', async () => {
  expect(await copy()).toBe(copied);
});

describe('promoted with its software', () => {
  const checkout: Tree = { ...kioskSoftware, 'vendhost.yml': vendhostYml };
  let directory: string;
  let tested: string;
  let revision: string;
  const proof = `baked in staging ${randomUUID()}`;

  /** A job of shop on the branch of an environment. */
  const jobIn = async (environment: (typeof environments)[number], more: Readonly<Record<string, string>> = {}) =>
    await enforcing.job(
      { projectPath: 'acme/shop', ref: branches[environment] },
      { ...variablesOf('shop', environment), ...more },
    );

  async function promote(more: Readonly<Record<string, string>> = {}, options: Partial<PromoteOptions> = {}) {
    const access = `eu-west-1 arn:aws:iam::${accounts.staging}:role/vendhost-staging-shop-plan`;
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
    for (const [aws, Bucket] of [
      [stagingOwner, facts.staging.bucket],
      [owner, facts.production.bucket],
    ] as const) {
      await (await aws.s3()).send(new DeleteBucketPolicyCommand({ Bucket }));
    }
    const staging = {
      ...enforcing.person(accounts.staging),
      environment: 'staging',
      bucket: facts.staging.bucket,
    } as const;
    const platform = { ...staging, facts: facts.staging, listeners: [] };
    const install = ['mkdir -p /opt/kiosk', `echo '${proof}' > /opt/kiosk/proof.html`];
    tested = await buildImage(platform, 'shop', { agent: true, recorded: false, install });
    const { Images: [image] = [] } = await (await stagingOwner.ec2()).send(
      new DescribeImagesCommand({ ImageIds: [tested] }),
    );
    const record = { imageId: tested, inputs: { ...inputs(), scripts: { 'install.sh': 'x-2' } } };
    const at = { place: { tenant: 'shop', environment: 'staging' }, bucket: facts.staging.bucket } as const;
    await writeRecord(stagingOwner, at, (image && bakeKeyOf(image)) ?? '', record);
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
    const planned = await promote({}, { dryRun: true });
    expect(planned).toMatchObject({ code: exitCodes.differs, status: 'start', image: { source: tested } });
    expect(planned.image.bytes).toBeGreaterThan(524_288);
    expect(Object.values(planned.image.disks)).toEqual([expect.objectContaining({ gib: 8, blockSize: 524_288 })]);
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

  test("production serves staging's bytes from its own account", async () => {
    const page = (path: string) => ask(enforcing.cloud.router.https, 'shop.production.example.com', path);
    expect((await page('/index.html')).body).toBe('open\n');
    expect((await page('/proof.html')).body).toBe(`${proof}\n`);
  });

  test('the copy is known as what it is: listed, explained, shown, kept, and no leftover; what a dead run began is one', async () => {
    const [brought] = await copies();
    const said = async (command: (own: Recorder) => Promise<unknown>) => {
      const plan = { VENDHOST_PLAN_ROLE_ARN: variablesOf('shop', 'production', 'plan').VENDHOST_ROLE_ARN };
      const own = await jobIn('production', plan);
      const code = await command(own);
      return { code, ...JSON.parse(own.printed()) };
    };
    const rules = { keep: 1, olderThanDays: 0 };
    const { images } = await said((own) => listImages(own, { ...place, ...rules }));
    expect(images).toContainEqual(
      expect.objectContaining({
        id: brought,
        promotedFrom: expect.objectContaining({ environment: 'staging', image: tested }),
      }),
    );
    const explained = await said((own) =>
      explainImage(own, { ...place, ...rules, image: brought, directory: undefined }),
    );
    expect(JSON.stringify(explained)).toContain(tested);
    const chain = await said((own) => explainName(own, { name: brought ?? '', ...place }));
    expect(JSON.stringify(chain)).toContain(`"image","value":"${brought}`);
    const { code, instances } = await said((own) => showHost(own, place));
    expect([code, JSON.stringify(instances)]).toEqual([expect.anything(), expect.stringContaining(String(brought))]);
    const dead = start('production', 'shop', { Tags: diskTags(wanted, '0badf00d', disk) });
    const { SnapshotId } = await as('shop/production/deploy').ebs.send(dead);
    expect(await said((own) => cleanImages(own, { ...place, dryRun: false }))).toEqual({
      code: undefined,
      removed: [`snapshot ${SnapshotId}`],
    });
    const pruned = await said((own) => pruneImages(own, { ...place, ...rules, dryRun: true }));
    expect(pruned).toMatchObject({
      remove: [],
      kept: expect.arrayContaining([expect.objectContaining({ id: brought })]),
    });
  });
});

const ofBlog = tagList(tags('production', 'image', 'blog'));
const block = { BlockIndex: 0, DataLength: 524_288, ChecksumAlgorithm: 'SHA256', Checksum: 'AAAA' } as const;
type Attack = (clients: { readonly ec2: EC2Client; readonly ebs: EBSClient }) => Promise<unknown>;

test.each<[string, string, Attack]>([
  ['blog/staging/plan', "lists shop's disk", ({ ebs }) => read(ebs, disk)],
  [
    'blog/staging/plan',
    "reads shop's disk",
    ({ ebs }) => ebs.send(new GetSnapshotBlockCommand({ SnapshotId: disk, BlockIndex: 0, BlockToken: 'AAAA' })),
  ],
  ['shop/staging/plan', 'starts a disk', ({ ebs }) => ebs.send(start('staging'))],
  [
    'shop/staging/plan',
    'writes its disk',
    ({ ebs }) =>
      ebs.send(new PutSnapshotBlockCommand({ SnapshotId: disk, BlockData: Buffer.alloc(524_288), ...block })),
  ],
  [
    'shop/staging/plan',
    'completes its disk',
    ({ ebs }) => ebs.send(new CompleteSnapshotCommand({ SnapshotId: disk, ChangedBlocksCount: 0 })),
  ],
  ['shop/staging/deploy', 'reads its disk', ({ ebs }) => read(ebs, disk)],
  ['shop/staging/deploy', 'starts a disk', ({ ebs }) => ebs.send(start('staging'))],
  [
    'shop/staging/deploy',
    'shares its image with another account',
    ({ ec2 }) =>
      ec2.send(
        new ModifyImageAttributeCommand({
          ImageId: source.ImageId,
          LaunchPermission: { Add: [{ UserId: accounts.production }] },
        }),
      ),
  ],
  [
    'shop/staging/deploy',
    'shares its disk with another account',
    ({ ec2 }) =>
      ec2.send(
        new ModifySnapshotAttributeCommand({
          ...{ SnapshotId: disk, Attribute: 'createVolumePermission' },
          ...{ OperationType: 'add', UserIds: [accounts.production] },
        }),
      ),
  ],
  ['shop/production/plan', 'reads its copy', async ({ ebs }) => read(ebs, await diskOfCopy())],
  ['shop/production/deploy', 'reads its copy', async ({ ebs }) => read(ebs, await diskOfCopy())],
  ['shop/production/deploy', "starts a disk of blog's", ({ ebs }) => ebs.send(start('production', 'blog'))],
  [
    'shop/production/deploy',
    'starts a disk without tags',
    ({ ebs }) => ebs.send(start('production', '', { Tags: [] })),
  ],
  [
    'blog/production/deploy',
    "starts a disk with shop's as its parent",
    async ({ ebs }) =>
      ebs.send(
        start('production', 'blog', {
          ...{ Encrypted: undefined, KmsKeyArn: undefined, ParentSnapshotId: await diskOfCopy() },
        }),
      ),
  ],
  [
    'blog/production/deploy',
    "writes shop's copy",
    async ({ ebs }) =>
      ebs.send(
        new PutSnapshotBlockCommand({ SnapshotId: await diskOfCopy(), BlockData: Buffer.alloc(524_288), ...block }),
      ),
  ],
  [
    'blog/production/deploy',
    "completes shop's copy",
    async ({ ebs }) => ebs.send(new CompleteSnapshotCommand({ SnapshotId: await diskOfCopy(), ChangedBlocksCount: 0 })),
  ],
  [
    'blog/production/deploy',
    "takes shop's copy by its tags",
    async ({ ec2 }) => ec2.send(new CreateTagsCommand({ Resources: [await diskOfCopy()], Tags: ofBlog })),
  ],
  [
    'blog/production/deploy',
    "takes a snapshot that is nobody's",
    async ({ ec2 }) => ec2.send(new CreateTagsCommand({ Resources: [await nobodysDisk()], Tags: ofBlog })),
  ],
  [
    'blog/production/deploy',
    "copies shop's image",
    ({ ec2 }) =>
      ec2.send(
        new CopyImageCommand({
          ...{ Name: 'mine', SourceImageId: copied, SourceRegion: 'eu-west-1' },
          TagSpecifications: [{ ResourceType: 'image', Tags: ofBlog }],
        }),
      ),
  ],
  [
    'blog/production/deploy',
    "copies shop's snapshot",
    async ({ ec2 }) =>
      ec2.send(new CopySnapshotCommand({ SourceSnapshotId: await diskOfCopy(), SourceRegion: 'eu-west-1' })),
  ],
  [
    'blog/production/deploy',
    "registers shop's disk as its own",
    async ({ ec2 }) =>
      ec2.send(
        new RegisterImageCommand({
          ...{ Name: 'mine', RootDeviceName: '/dev/xvda' },
          BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId: await diskOfCopy() } }],
          TagSpecifications: [{ ResourceType: 'image', Tags: ofBlog }],
        }),
      ),
  ],
  [
    'blog/production/deploy',
    "deletes shop's copy",
    async ({ ec2 }) => ec2.send(new DeleteSnapshotCommand({ SnapshotId: await diskOfCopy() })),
  ],
  [
    'blog/production/deploy',
    "launches shop's copy",
    ({ ec2 }) => ec2.send(new RunInstancesCommand({ ImageId: copied, MinCount: 1, MaxCount: 1 })),
  ],
])('%s %s: refused', async (role, _what, attack) => {
  await expect(attack(as(role))).rejects.toMatchObject({
    name: expect.stringMatching(/^(UnauthorizedOperation|AccessDeniedException)$/),
  });
});

test('any branch of shop reads the disk of shop in staging', async () => {
  const { Blocks = [] } = await read(as('shop/staging/plan').ebs, disk);
  expect(Blocks.length).toBeGreaterThan(0);
});

async function diskOfCopy(): Promise<string> {
  const { Images: [image] = [] } = await (await owner.ec2()).send(new DescribeImagesCommand({ ImageIds: [copied] }));
  return image?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
}

async function nobodysDisk(): Promise<string> {
  const { SnapshotId = '' } = await (await owner.ebs()).send(new StartSnapshotCommand({ VolumeSize: 1 }));
  return SnapshotId;
}
