import { beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import { cloudAccount } from '../../builders/account.ts';
import { makeImage } from '../../builders/image.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { repository } from '../../builders/repository.ts';
import { admitTenant } from '../../builders/tenant.ts';
import { errorIn, vendhost } from '../command-line.ts';
import { type Meddler, wire } from '../wire.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const cloud = inject('localCloud');
let platform: Platform;
let image: string;
beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000324'), { network: true, balancers: 1 });
  await admitTenant(platform, 'shop', { hosts: ['*.a.b.c.d.e.f.g.h.example.test'] });
  image = await makeImage(platform, 'shop');
});

async function provision(meddle: Meddler) {
  const cwd = await repository({ 'vendhost.yml': 'instances: { min: 0, max: 1 }\ndatabase: none' });
  const words = ['host', 'provision', '--tenant', 'shop', '--environment', 'dev', '--image', image];
  return await vendhost(words, {
    cwd,
    env: { ...platform.env, AWS_ENDPOINT_URL: await wire(cloud.endpoint, meddle) },
  });
}

test('a band whose every number is claimed', async () => {
  const claims = Array.from({ length: 1000 }, (_, index) => `${40_001 + index}.json`);
  const full: Meddler = async ({ operation }, next) => {
    const prefix = /^GET .*[?&]prefix=([^&]*claims%2Flistener[^&]*)/.exec(operation)?.[1];
    if (prefix === undefined) return await next();
    const keys = claims.map((name) => `<Contents><Key>${decodeURIComponent(prefix)}${name}</Key></Contents>`);
    return {
      status: 200,
      body: `<ListBucketResult><IsTruncated>false</IsTruncated>${keys.join('')}</ListBucketResult>`,
    };
  };
  const ended = await provision(full);
  expect([ended.code, errorIn(ended)]).toEqual([1, 'PRIORITIES_EXHAUSTED']);
});

test('instances that cannot be started, and then those that do not come', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  /** A group that wants an instance more than it gets, and Auto Scaling's reasons. */
  const starved =
    (failures: number, passingMs: number): Meddler =>
    async (call, next) => {
      const answer = await next();
      if (call.operation === 'DescribeAutoScalingGroups') {
        vi.setSystemTime(Date.now() + passingMs);
        const body = String(answer.body).replace(/<MinSize>\d+/, '<MinSize>1');
        return { ...answer, headers: {}, body };
      }
      if (call.operation !== 'DescribeScalingActivities') return answer;
      const time = new Date(Date.now() + 60_000).toISOString();
      const activity = `<member><ActivityId>1</ActivityId><StatusCode>Failed</StatusCode><StartTime>${time}</StartTime><StatusMessage>no capacity</StatusMessage></member>`;
      const inside = `<Activities>${activity.repeat(failures)}</Activities>`;
      const body = `<DescribeScalingActivitiesResponse><DescribeScalingActivitiesResult>${inside}</DescribeScalingActivitiesResult></DescribeScalingActivitiesResponse>`;
      return { status: 200, body };
    };
  const failed = await provision(starved(3, 0));
  expect([failed.code, errorIn(failed)]).toEqual([1, 'INSTANCES_FAILED']);
  expect(failed.stderr).toContain('no capacity');
  const late = await provision(starved(2, 8 * 60_000));
  expect([late.code, errorIn(late)]).toEqual([1, 'TIMED_OUT']);
});
