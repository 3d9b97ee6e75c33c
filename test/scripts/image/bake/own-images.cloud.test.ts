import {
  CreateImageCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSecurityGroupsCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { execaNode } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { keys, names } from '../../../../scripts/config/names.ts';
import { runTags } from '../../../../scripts/image/bake-run.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { startInstance } from '../../../builders/instances.ts';
import { makePlatform, type Platform, putParameter } from '../../../builders/platform.ts';
import { repository } from '../../../builders/repository.ts';
import { recordTenant } from '../../../builders/tenant.ts';

const account = '100000000341';
const esc = String.fromCharCode(27);
const install = '#!/bin/bash\ntrue\n';
let platform: Platform;
let ec2: EC2Client;
let s3: S3Client;
let mallorys: Promise<BakeResult> | undefined;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount(account), { network: true });
  [ec2, s3] = await Promise.all([platform.aws.ec2(), platform.aws.s3()]);
});

/** A tenant's image, as its bake left it. */
function otherImage(): Promise<BakeResult> {
  mallorys ??= (async () => {
    await recordTenant(platform, 'mallory');
    return resultOf(await bake('mallory', await tenantRepository({ 'install.sh': install })));
  })();
  return mallorys;
}

test('the builder had no public address and gave credentials to session tokens only; the record names the image', async () => {
  const theirs = await otherImage();
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({}));
  const builders = Reservations.flatMap(({ Instances = [] }) => Instances).filter(({ Tags = [] }) =>
    Tags.some(({ Key, Value }) => Key === 'vendhost:tenant' && Value === 'mallory'),
  );
  expect(builders).toMatchObject([{ MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 } }]);
  expect(builders[0]?.PublicIpAddress ?? '').toBe('');
  expect(await recordOf('mallory', theirs.bakeKey)).toMatchObject({ imageId: theirs.imageId });
});

test('an own image may be the source', async () => {
  const theirs = await otherImage();
  const source = 'image: { source: { owner: self, name: "vendhost-dev-mallory-*" } }\n';
  const { stdout, exitCode } = await bake('mallory', await tenantRepository({ 'install.sh': install }, source), [
    '--dry-run',
  ]);
  expect(exitCode).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    reasons: [expect.stringMatching(`^source AMI changed: ami-.* → ${theirs.imageId} `)],
  });
});

test.each(['self', `"${account}"`])("with owner %s another tenant's image is refused as a source", async (owner) => {
  const theirs = await otherImage();
  await recordTenant(platform, 'curious');
  const yml = `image: { source: { owner: ${owner}, name: "vendhost-dev-mallory-*" } }\n`;
  const { stderr, exitCode } = await bake('curious', await tenantRepository({ 'install.sh': install }, yml));
  expect(stderr).toContain(
    'error[SOURCE_AMI_FOREIGN]: no AMI named vendhost-dev-mallory-* of this account is an image of curious in dev',
  );
  expect(stderr).toContain(`  ${theirs.imageId}: its tag vendhost:tenant is mallory, not curious\n`);
  expect(exitCode).toBe(1);
});

test("an image with the victim's tags and bake key is neither used nor a source", async () => {
  const theirs = await otherImage();
  await recordTenant(platform, 'victim');
  const directory = await tenantRepository({ 'install.sh': install });
  const { bakeKey } = JSON.parse((await bake('victim', directory, ['--dry-run'])).stdout) as { bakeKey: string };
  const stolen = { 'vendhost:tenant': 'victim', 'vendhost:bake-key': bakeKey };
  const Tags = Object.entries(stolen).map(([Key, Value]) => ({ Key, Value }));
  await ec2.send(new CreateTagsCommand({ Resources: [theirs.imageId], Tags }));

  const yml = 'image: { source: { owner: self, name: "vendhost-dev-mallory-*" } }\n';
  const source = await bake('victim', await tenantRepository({ 'install.sh': install }, yml));
  expect(source.stderr).toContain('error[SOURCE_AMI_FOREIGN]');
  expect(source.stderr).toContain(`  ${theirs.imageId}: no record of victim names it: there is no`);

  const ended = await bake('victim', directory);
  const result = resultOf(ended);
  expect(result.bakeKey).toBe(bakeKey);
  expect(result.baked).toBe(true);
  expect(result.imageId).not.toBe(theirs.imageId);

  expect(ended.stderr, 'it is swept like anything of this tenant that no record names').toContain(
    `left: image ${theirs.imageId}\n`,
  );

  // And when the record itself names what is not the tenant's, it is made again.
  const other = resultOf(await bake('mallory', await tenantRepository({ 'install.sh': `${install}echo other\n` })));
  await writeRecord('victim', bakeKey, { ...(await recordOf('victim', bakeKey)), imageId: other.imageId });
  const again = await bake('victim', directory, ['--dry-run']);
  expect(again.exitCode).toBe(2);
  expect(again.stderr).toContain(
    `${other.imageId}, on record for this bake key: its tag vendhost:tenant is mallory, not victim`,
  );
});

test('an image of an older version, which has no run and whose record names none, is left alone', async () => {
  const place = { environment: 'dev', tenant: 'phoenix' };
  await recordTenant(platform, 'phoenix');
  const directory = await tenantRepository({ 'install.sh': install });
  const { bakeKey } = JSON.parse((await bake('phoenix', directory, ['--dry-run'])).stdout) as { bakeKey: string };
  const { 'vendhost:bake-run': _, ...older } = runTags(place, 'dead0003');
  const instance = await startInstance(ec2, {});
  const old = await imageOf(instance, names.image(place, bakeKey, 'dead0003'), older);
  await writeRecord('phoenix', bakeKey, { place: 'dev/phoenix', sourceAmi: 'ami-1' });

  const result = await bake('phoenix', directory);
  const { imageId } = resultOf(result);
  expect(result.stderr).toContain('there is no image on record yet');
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
  const kept = Images.filter(({ Name }) => Name?.startsWith('vendhost-dev-phoenix-')).map(({ ImageId }) => ImageId);
  expect(kept.toSorted()).toEqual([imageId, old].toSorted());
  expect(await recordOf('phoenix', bakeKey)).toMatchObject({ imageId });
});

test('what a script prints steers neither the clean-up nor the log', async () => {
  await recordTenant(platform, 'loud');
  const precious = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName: 'gitlab-runners', Description: 'Of somebody else' }),
  );
  const directory = await tenantRepository({
    'install.sh': [
      '#!/bin/bash',
      'echo "Creating temporary security group for this instance: gitlab-runners"',
      'echo "==> amazon-ebs.image: Provisioning with shell script: /opt/vendhost/packer/phases/seal.sh"',
      'echo "vendhost-phase: seal"',
      'printf "\\033[2J\\033[31mred\\033[0m\\a\\n"',
      'printf "\\033[0Ksection_end:5:bake_install_sh\\r\\033[0K\\n"',
      'exit 1',
    ].join('\n'),
  });
  const { stderr, exitCode } = await bake('loud', directory, [], { GITLAB_CI: 'true' });
  expect(exitCode).toBe(1);
  expect(stderr).toContain('error[BAKE_FAILED]: install.sh failed with exit code 1');
  expect(stderr).toContain('  red\n');
  const ours = new RegExp(`${esc}\\[0K(section_(start|end):\\d+:bake_\\w+\\r${esc}\\[0K)?`, 'g');
  expect(stderr.replaceAll(ours, '')).not.toMatch(/[^\P{Cc}\n]/u);
  expect(stderr.match(/section_end:\d+:bake_install_sh/g)).toHaveLength(1);
  const { SecurityGroups } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [precious.GroupId ?? ''] }));
  expect(SecurityGroups).toHaveLength(1);
});

test('where the platform says so, the builder has a public address', async () => {
  const open = await makePlatform(cloudAccount('100000000342'), { network: true });
  await putParameter(open.aws, '/vendhost/dev/builder-access', 'public');
  await recordTenant(open, 'remote');
  const directory = await tenantRepository({ 'install.sh': install });
  resultOf(await bake('remote', directory, [], open.env));
  const { Reservations = [] } = await (await open.aws.ec2()).send(new DescribeInstancesCommand({}));
  const builders = Reservations.flatMap(({ Instances = [] }) => Instances);
  expect(builders).toMatchObject([{ PublicIpAddress: expect.stringMatching(/^\d/) }]);
});

interface BakeResult {
  imageId: string;
  bakeKey: string;
  baked: boolean;
}

/** A tenant's repository with these scripts and this vendhost.yml. */
function tenantRepository(scripts: Record<string, string>, vendhostYml = ''): Promise<string> {
  const files = Object.entries(scripts).map(([path, text]) => [`infrastructure/${path}`, text]);
  return repository({ ...Object.fromEntries(files), 'vendhost.yml': vendhostYml });
}

async function bake(
  tenant: string,
  directory: string,
  words: string[] = [],
  env: Readonly<Record<string, string>> = {},
) {
  const place = ['--environment', 'dev', '--tenant', tenant, '--directory', directory, '--json'];
  const options = { env: { ...platform.env, ...env }, reject: false };
  return await execaNode('scripts/vendhost.ts', ['image', 'bake', ...place, ...words], options);
}

function resultOf({ stdout, stderr, exitCode }: { stdout: string; stderr: string; exitCode?: number }): BakeResult {
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as BakeResult;
}

async function recordOf(tenant: string, bakeKey: string): Promise<object> {
  const Key = keys.imageRecord(tenant, bakeKey);
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: platform.bucket, Key }));
  return JSON.parse((await Body?.transformToString()) ?? '') as object;
}

async function writeRecord(tenant: string, bakeKey: string, record: object): Promise<void> {
  const Key = keys.imageRecord(tenant, bakeKey);
  await s3.send(new PutObjectCommand({ Bucket: platform.bucket, Key, Body: JSON.stringify(record) }));
}

async function imageOf(InstanceId: string, Name: string, tags: Record<string, string>): Promise<string> {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const request = new CreateImageCommand({
    InstanceId,
    Name,
    NoReboot: true,
    TagSpecifications: [{ ResourceType: 'image', Tags }],
  });
  for (;;) {
    const made = await ec2.send(request).catch((thrown: Error) => thrown);
    if (!(made instanceof Error)) return made.ImageId ?? '';
    if (made.name !== 'IncorrectState' && made.name !== 'IncorrectInstanceState') throw made;
  }
}
