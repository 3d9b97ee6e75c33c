import { execaNode } from 'execa';
import { beforeAll, expect, inject, test } from 'vitest';
import { readLeases } from '../../../../scripts/image/bake/lease.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { tracesOf } from '../../../builders/bake-traces.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { repository } from '../../../builders/repository.ts';
import { recordTenant } from '../../../builders/tenant.ts';
import { vendhost } from '../../command-line.ts';
import { ageing, justAfter, type Meddler, type WireCall, wire } from '../../wire.ts';

let platform: Platform;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000392'), { network: true });
});

interface Given {
  readonly tenant: string;
  readonly script?: string;
  readonly meddle?: Meddler;
}

async function bake({ tenant, script = 'true', meddle = async (_call, next) => await next() }: Given) {
  const directory = await repository({ 'infrastructure/install.sh': `#!/bin/bash\n${script}\n` });
  const env = { ...platform.env, AWS_ENDPOINT_URL: await wire(inject('localCloud').endpoint, meddle) };
  const words = ['image', 'bake', '--tenant', tenant, '--environment', 'dev', '--directory', directory];
  return { job: execaNode('scripts/vendhost.ts', words, { env, reject: false }) };
}

/** As the after_script of another job. */
async function clean(tenant: string) {
  const words = ['image', 'clean', '--tenant', tenant, '--environment', 'dev'];
  return await vendhost(words, { env: { ...platform.env, CI_JOB_URL: 'https://gitlab.example.test/jobs/2' } });
}

const kinds = (lines: readonly string[]) => [...new Set(lines.map((line) => line.replace(/ \S+$/, '')))].sort();
const record = /^PUT \/[^/]+\/infrastructure\//;
/** The calls after which something more is there; tagging the image gives it its key. */
const moments: readonly [string, string | RegExp, readonly string[]][] = [
  ['its key pair was made', 'CreateKeyPair', ['key pair']],
  ['its security group was made', 'CreateSecurityGroup', ['key pair', 'security group']],
  ['its builder was started', 'RunInstances', ['instance', 'key pair', 'security group']],
  ['its image was begun', 'CreateImage', ['image', 'instance', 'key pair', 'security group', 'snapshot']],
  ['its builder is gone and its image has the key', 'CreateTags', ['image', 'snapshot']],
];

test.each(moments)(
  'killed when %s: the next bake, of another key, leaves nothing but its image',
  async (_what, call, left) => {
    const tenant = `killed-${left.length}${String(call).toLowerCase().slice(0, 8)}`;
    await recordTenant(platform, tenant);
    const killed = Promise.withResolvers<void>();
    const { job } = await bake({
      tenant,
      meddle: justAfter(call, async () => {
        job.kill('SIGKILL');
        await job;
        killed.resolve();
      }),
    });
    await Promise.all([job, killed.promise]);
    expect(kinds(await tracesOf(platform, tenant))).toEqual(left);

    expect(await clean(tenant)).toMatchObject({ code: 0 });
    expect(kinds(await tracesOf(platform, tenant)), 'as long as the lease may be renewed').toEqual(left);

    const next = await bake({ tenant, script: 'echo next', meddle: ageing(6) });
    const { exitCode, stderr } = await next.job;
    expect(exitCode, stderr).toBe(0);
    for (const kind of left)
      expect(stderr).toMatch(new RegExp(`removed what run [0-9a-f]{8}, which died, left: ${kind} `));
    const lines = await tracesOf(platform, tenant);
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['image', 'snapshot']);
    expect(stderr).toContain(`creating ${lines[0]}`);
    expect(await readLeases(platform.aws, platform.bucket, tenant)).toEqual([]);
  },
);

test('a bake is not touched by what others clean meanwhile, at whatever moment', async () => {
  await recordTenant(platform, 'steady');
  const cleaned: string[] = [];
  const others = ['CreateKeyPair', 'CreateSecurityGroup', 'RunInstances', 'CreateImage', 'CreateTags', record];
  const cleanAfter = async ({ operation }: WireCall) => {
    const { code, stdout } = await clean('steady');
    cleaned.push(`${operation.split('?')[0]?.replace(/[0-9a-f]{64}/, 'KEY')}: ${code}, ${stdout.trim()}`);
  };
  const isOther = ({ operation }: WireCall) =>
    others.some((other) => (other instanceof RegExp ? other.test(operation) : other === operation));
  const meddle: Meddler = async (call, next) => {
    const answer = await next();
    if (isOther(call)) await cleanAfter(call);
    return answer;
  };
  const { exitCode, stderr } = await (await bake({ tenant: 'steady', meddle })).job;
  expect(exitCode, stderr).toBe(0);
  const nothing = '0, bakes of steady in dev left nothing behind';
  expect(cleaned).toEqual([
    `CreateKeyPair: ${nothing}`,
    `CreateSecurityGroup: ${nothing}`,
    `RunInstances: ${nothing}`,
    `CreateImage: ${nothing}`,
    `CreateTags: ${nothing}`,
    `PUT /${platform.bucket}/infrastructure/steady/KEY.json: ${nothing}`,
  ]);
  expect((await tracesOf(platform, 'steady')).map((line) => line.split(' ')[0])).toEqual(['image', 'snapshot']);
});
