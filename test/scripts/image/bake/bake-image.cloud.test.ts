import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  type EC2Client,
  type Image,
} from '@aws-sdk/client-ec2';
import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { execaNode } from 'execa';
import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { cloudAccount } from '../../../builders/account.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { repository } from '../../../builders/repository.ts';
import { recordTenant } from '../../../builders/tenant.ts';
import { justBefore, type Meddler, wire } from '../../wire.ts';

const install = '#!/bin/bash\nset -eu\necho "for $VENDHOST_TENANT" > /etc/made-by-bake\n';

vi.setConfig({ testTimeout: 300_000 });
let platform: Platform;
let ec2: EC2Client;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000301'), { network: true });
  ec2 = await platform.aws.ec2();
});

describe('vendhost image bake', () => {
  test('bakes an encrypted, tagged image; finds it again; says what changed', async () => {
    await recordTenant(platform, 'shop');
    const directory = await repository({
      'infrastructure/preInstall.sh': '#!/bin/sh\necho prepared\n',
      'infrastructure/install.sh': install,
    });
    // As from a checkout that keeps no executable bits.
    await chmod(join(directory, 'infrastructure/install.sh'), 0o644);
    const words = ['--tenant', 'shop', '--directory', directory];

    const first = await bake(words, { CI_COMMIT_SHA: 'c0ffee' });
    expect(first.stderr).toMatch(
      /there is no image on record yet[\s\S]*preInstall\.sh\n\s+prepared\n[\s\S]*make the image/,
    );
    const { imageId, bakeKey } = resultOf(first);
    expect(resultOf(first)).toEqual({
      imageId: expect.stringMatching(/^ami-/),
      bakeKey: expect.any(String),
      baked: true,
    });

    const [image, ...others] = await images('shop');
    expect(others).toEqual([]);
    expect(image).toMatchObject({ ImageId: imageId, State: 'available', ImdsSupport: 'v2.0' });
    expect(tagsOf(image)).toMatchObject({
      'vendhost:environment': 'dev',
      'vendhost:tenant': 'shop',
      'vendhost:layer': 'image',
      'vendhost:bake-key': bakeKey,
      'vendhost:commit': 'c0ffee',
      'vendhost:source-ami': expect.stringMatching(/^ami-/),
    });
    const ids = snapshotsOf(image);
    const { Snapshots } = await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: ids }));
    expect(Snapshots).toMatchObject([{ Encrypted: true, KmsKeyId: platform.facts['key-arn'] }]);
    expect(image?.SourceInstanceId, 'a copy would have no source instance').toMatch(/^i-/);
    expect(await leftovers('shop')).toEqual([]);

    const second = await bake([...words, '--dotenv', join(directory, 'image.env')]);
    expect(resultOf(second)).toEqual({ imageId, bakeKey, baked: false });
    expect(second.stderr).not.toContain('builder');

    await writeFile(join(directory, 'infrastructure/install.sh'), `${install}echo more\n`);
    const planned = await bake([...words, '--dry-run']);
    expect(planned.exitCode).toBe(2);
    expect(planned.stderr).toContain(`infrastructure/install.sh changed (since ${imageId})`);
    expect(await images('shop')).toHaveLength(1);
  });

  test('a failing script shows its last lines and leaves nothing', async () => {
    await recordTenant(platform, 'broken');
    const directory = await repository({
      'infrastructure/install.sh': '#!/bin/bash\necho "no such package: pear" >&2\nexit 7\n',
    });
    const result = await bake(['--tenant', 'broken', '--directory', directory]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/removed what the bake left: instance i-/);
    expect(result.stderr).toMatch(
      /error\[BAKE_FAILED\]: install\.sh failed with exit code 7\n {2}no such package: pear\n/,
    );
    expect(await images('broken')).toEqual([]);
    expect(await leftovers('broken')).toEqual([]);
  });

  test('a process that a script leaves behind does not hold up the bake; one with outputs of its own stays', async () => {
    await recordTenant(platform, 'busy');
    const directory = await repository({
      'infrastructure/preInstall.sh':
        '#!/bin/bash\nsleep 601 &\nsetsid sleep 602 &\nsleep 603 > /dev/null 2>&1 &\necho "home $HOME"\n',
      'infrastructure/install.sh': '#!/bin/bash\nps -eo args | grep "^sleep 60" || true\n',
    });
    const result = await bake(['--tenant', 'busy', '--directory', directory]);
    expect(result.stderr).toMatch(/home \/root\n +preInstall\.sh left processes behind .* \(TERM\)/);
    expect(result.stderr.match(/^ *sleep 60\d$/gm)?.map((line) => line.trim())).toEqual(['sleep 603']);
    expect(result.exitCode).toBe(0);
  });

  test("the tenant's apt waits for whoever holds dpkg's lock", async () => {
    await recordTenant(platform, 'patient');
    const hold =
      'import fcntl, os, time; file = open("/var/lib/dpkg/lock-frontend", "w"); fcntl.lockf(file, fcntl.LOCK_EX)';
    // The lock is held until apt has met it, a minute at most.
    const untilAsked =
      '[time.sleep(0.1) for _ in range(600) if not (os.path.exists("/run/apt.log") and "Could not get lock" in open("/run/apt.log").read())]';
    const directory = await repository({
      'infrastructure/preInstall.sh': `#!/bin/bash
python3 -c '${hold}; open("/run/held", "w"); ${untilAsked}' > /dev/null 2>&1 &
until [ -e /run/held ]; do sleep 0.1; done
`,
      'infrastructure/install.sh': `#!/bin/bash
set -euo pipefail
apt-get install --yes bash 2>&1 | tee /run/apt.log
echo installed after all
`,
    });
    const result = await bake(['--tenant', 'patient', '--directory', directory]);
    expect(result.stderr).toMatch(/Could not get lock[\s\S]*installed after all/);
    expect(result.exitCode).toBe(0);
  });

  // Packer forgets a builder that just starts; a signal to the whole group is what Ctrl-C and some runners send.
  test.each([
    { tenant: 'early', moment: ' starts', signal: 'SIGTERM', code: 143, group: false },
    { tenant: 'script', moment: 'installing for long', signal: 'SIGTERM', code: 143, group: false },
    { tenant: 'hung-up', moment: 'installing for long', signal: 'SIGHUP', code: 129, group: true },
    { tenant: 'group', moment: 'installing for long', signal: 'SIGTERM', code: 143, group: true },
    { tenant: 'late', moment: 'creating image', signal: 'SIGTERM', code: 143, group: false },
  ])(
    '$signal at "$moment" (whole group: $group) ends with $code and leaves nothing',
    async ({ tenant, moment, signal, code, group }) => {
      await recordTenant(platform, tenant);
      const seconds = moment === 'creating image' ? 0 : 300;
      const script = `#!/bin/bash\necho installing for long\nsleep ${seconds}\n`;
      const directory = await repository({ 'infrastructure/install.sh': script });
      // However late the signal comes, the image is not made by then.
      const meddle: Meddler = async (call, next) => {
        const answer = await next();
        if (call.operation !== 'DescribeImages' || !call.body.includes('image-id')) return answer;
        return { ...answer, headers: {}, body: String(answer.body).replaceAll('>available<', '>pending<') };
      };
      const AWS_ENDPOINT_URL = await wire(inject('localCloud').endpoint, meddle);
      const running = bake(['--tenant', tenant, '--directory', directory], { AWS_ENDPOINT_URL }, group);
      let isSent = false;
      for await (const line of running.iterable({ from: 'stderr' })) {
        if (isSent || !line.includes(moment)) continue;
        isSent = true;
        process.kill((running.pid ?? 0) * (group ? -1 : 1), signal);
      }
      const result = await running;
      expect(result.stderr).toContain(`error[CANCELLED]: cancelled by ${signal}`);
      expect(result.exitCode).toBe(code);
      expect(await images(tenant)).toEqual([]);
      expect(await leftovers(tenant)).toEqual([]);
    },
  );

  test('a log that nobody reads any more cancels the bake, which cleans up', async () => {
    await recordTenant(platform, 'unread');
    // It is the next line that finds the log closed.
    const script = '#!/bin/bash\necho installing for long\nfor second in {1..300}; do sleep 1; echo still; done\n';
    const directory = await repository({ 'infrastructure/install.sh': script, 'tmp/.keep': '' });
    const TMPDIR = join(directory, 'tmp');
    const running = bake(['--tenant', 'unread', '--directory', directory], { TMPDIR });
    let began: string[] = [];
    let log = '';
    for await (const text of running.stderr as AsyncIterable<Buffer>) {
      log += text;
      if (!log.includes('installing for long')) continue;
      began = await leftovers('unread');
      break;
    }
    const result = await running;
    expect([result.exitCode, result.signal]).toEqual([1, undefined]);
    expect(began).toEqual(
      expect.arrayContaining([expect.stringMatching(/^i-/), expect.stringMatching(/^claims\/bakes/)]),
    );
    expect(await images('unread')).toEqual([]);
    expect(await leftovers('unread')).toEqual([]);
    expect(await readdir(TMPDIR)).toEqual(['.keep']);
  });

  test('of two bakes with one key, one bakes and the other gets its image', async () => {
    await recordTenant(platform, 'twins');
    const directory = await repository({ 'infrastructure/install.sh': install });
    const words = ['--tenant', 'twins', '--directory', directory];
    const results = (await Promise.all([bake(words), bake(words, { CI_JOB_URL: 'job 2' })])).map(resultOf);
    expect(results.map(({ baked }) => baked).sort()).toEqual([false, true]);
    expect(new Set(results.map(({ imageId }) => imageId)).size).toBe(1);
    expect(await images('twins')).toHaveLength(1);
    expect(await leftovers('twins')).toEqual([]);
  });

  test('a bake whose lease was taken over uses the image of who was faster, and deletes its own', async () => {
    await recordTenant(platform, 'slow');
    const directory = await repository({ 'infrastructure/install.sh': install });
    const words = ['--tenant', 'slow', '--directory', directory];
    let faster: BakeResult | undefined;
    const overtaken = justBefore(/^PUT \/[^/]+\/infrastructure\/slow\//, async () => {
      const s3 = await platform.aws.s3();
      for (const Key of (await leftovers('slow')).filter((left) => left.startsWith('claims/bakes/'))) {
        await s3.send(new DeleteObjectCommand({ Bucket: platform.bucket, Key }));
      }
      faster = resultOf(await bake(words));
    });
    const AWS_ENDPOINT_URL = await wire(inject('localCloud').endpoint, overtaken);
    const slow = await bake(words, { AWS_ENDPOINT_URL });
    expect(resultOf(slow)).toEqual({ ...faster, baked: false });
    expect((await images('slow')).map(({ ImageId }) => ImageId)).toEqual([faster?.imageId]);
    expect(await leftovers('slow')).toEqual([]);
  });
});

interface BakeResult {
  imageId: string;
  bakeKey: string;
  baked: boolean;
}

function bake(words: string[], env: Record<string, string> = {}, detached = false) {
  return execaNode('scripts/vendhost.ts', ['image', 'bake', '--environment', 'dev', '--json', ...words], {
    env: { ...platform.env, ...env },
    reject: false,
    detached,
  });
}

function resultOf({ stdout, stderr, exitCode }: { stdout?: unknown; stderr?: unknown; exitCode?: number }): BakeResult {
  expect(exitCode, String(stderr)).toBe(0);
  return JSON.parse(String(stdout)) as BakeResult;
}

async function images(tenant: string): Promise<Image[]> {
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
  return Images.filter(({ Name }) => Name?.startsWith(`vendhost-dev-${tenant}-`));
}

/** Builders, temporary key pairs and groups, snapshots without image and leases; the account is this file's own. */
async function leftovers(tenant: string): Promise<string[]> {
  const s3 = await platform.aws.s3();
  const alive = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };
  const ofTenant = { Name: 'tag:vendhost:tenant', Values: [tenant] };
  const [instances, keyPairs, groups, snapshots, all, leases] = await Promise.all([
    ec2.send(new DescribeInstancesCommand({ Filters: [alive, ofTenant] })),
    ec2.send(new DescribeKeyPairsCommand({})),
    ec2.send(new DescribeSecurityGroupsCommand({})),
    ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] })),
    ec2.send(new DescribeImagesCommand({ Owners: ['self'] })),
    s3.send(new ListObjectsV2Command({ Bucket: platform.bucket, Prefix: `claims/bakes/${tenant}/` })),
  ]);
  const used = (all.Images ?? []).flatMap(snapshotsOf);
  return [
    ...(snapshots.Snapshots ?? []).map(({ SnapshotId }) => `${SnapshotId}`).filter((id) => !used.includes(id)),
    ...(instances.Reservations ?? [])
      .flatMap(({ Instances }) => Instances ?? [])
      .map(({ InstanceId }) => `${InstanceId}`),
    ...(keyPairs.KeyPairs ?? []).map(({ KeyName }) => `${KeyName}`),
    ...(groups.SecurityGroups ?? [])
      .map(({ GroupName }) => `${GroupName}`)
      .filter((name) => name.startsWith('vendhost-bake-')),
    ...(leases.Contents ?? []).map(({ Key }) => `${Key}`),
  ];
}

function snapshotsOf(image: Image | undefined): string[] {
  return (image?.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
}

function tagsOf(image: Image | undefined): Record<string, string | undefined> {
  return Object.fromEntries((image?.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
}
