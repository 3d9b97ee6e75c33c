import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { execaNode } from 'execa';
import { beforeAll, expect, inject, test, vi } from 'vitest';
import { keys } from '../../../../scripts/config/names.ts';
import type { BakeLease } from '../../../../scripts/config/stored.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { repository } from '../../../builders/repository.ts';
import { recordTenant } from '../../../builders/tenant.ts';
import { refusing, wire } from '../../wire.ts';

vi.setConfig({ testTimeout: 300_000 });
let platform: Platform;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000390'), { network: true });
});

test("a refusal to read the image's record is not its absence", async () => {
  await recordTenant(platform, 'record');
  const directory = await repository({ 'infrastructure/install.sh': '#!/bin/bash\ntrue\n' });
  expect((await bake('record', directory)).stderr).toContain('baked in');
  await writeFile(join(directory, 'infrastructure/install.sh'), '#!/bin/bash\nfalse\n');
  const endpoint = await denying(/^GET .*\/infrastructure\/record\//, 'kms:Decrypt');
  const denied = await bake('record', directory, { AWS_ENDPOINT_URL: endpoint }, ['--dry-run']);
  expect(denied.stderr).toContain('error[ACCESS_DENIED]: arn:aws:iam::100000000390:user/one may not kms:Decrypt');
  expect(denied.stderr).not.toContain('not recorded');
  expect(denied.exitCode).toBe(1);
});

test("a refusal to read another job's lease ends the bake at once", async () => {
  await recordTenant(platform, 'lease');
  const directory = await repository({ 'infrastructure/install.sh': '#!/bin/bash\ntrue\n' });
  const { bakeKey } = JSON.parse((await bake('lease', directory, {}, ['--dry-run'])).stdout) as { bakeKey: string };
  const held: BakeLease = { run: 'other', job: 'another job', until: new Date(Date.now() + 300_000).toISOString() };
  const Key = keys.bakeLease('lease', bakeKey);
  await (await platform.aws.s3()).send(
    new PutObjectCommand({ Bucket: platform.bucket, Key, Body: JSON.stringify(held) }),
  );
  const endpoint = await denying(/^GET .*\/claims\/bakes\//, 's3:GetObject');
  const denied = await bake('lease', directory, { AWS_ENDPOINT_URL: endpoint });
  expect(denied.stderr).toContain('error[ACCESS_DENIED]: arn:aws:iam::100000000390:user/one may not s3:GetObject');
  expect(denied.exitCode).toBe(1);
});

/** Runs the command; a job that waits for another's bake would be ended long before the hour is over. */
async function bake(tenant: string, directory: string, env: Record<string, string> = {}, words: string[] = []) {
  const place = ['--environment', 'dev', '--tenant', tenant, '--directory', directory, '--json'];
  const options = { env: { ...platform.env, ...env }, reject: false, timeout: 140_000 };
  return await execaNode('scripts/vendhost.ts', ['image', 'bake', ...place, ...words], options);
}

/** The local cloud, on a wire that refuses to give out some objects. */
async function denying(path: RegExp, action: string): Promise<string> {
  const message = `User: arn:aws:iam::100000000390:user/one is not authorized to perform: ${action} on this`;
  return await wire(inject('localCloud').endpoint, refusing(path, 'AccessDenied', message));
}
