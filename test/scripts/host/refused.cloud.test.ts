import { beforeAll, expect, inject, onTestFinished, test, vi } from 'vitest';
import { checkNewest } from '../../../scripts/host/newest-pipeline.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makeImage } from '../../builders/image.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { recorder } from '../../builders/recorder.ts';
import { repository } from '../../builders/repository.ts';
import { admitTenant } from '../../builders/tenant.ts';
import { errorIn, vendhost } from '../command-line.ts';
import { type Meddler, wire } from '../wire.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const cloud = inject('localCloud');
let platform: Platform;
let image: string;
beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000324'), { network: true, balancers: 1 });
  await admitTenant(platform, 'shop');
  image = await makeImage(platform, 'shop');
});

async function provision(meddle: Meddler, env = {}) {
  const cwd = await repository({ 'vendhost.yml': 'instances: { min: 0, max: 1 }\ndatabase: none' });
  const words = ['host', 'provision', '--tenant', 'shop', '--environment', 'dev', '--image', image];
  return await vendhost(words, {
    cwd,
    env: { ...platform.env, ...env, AWS_ENDPOINT_URL: await wire(cloud.endpoint, meddle) },
  });
}

/** Lets Parameter Store answer otherwise. */
const answered =
  (operation: string, change: (body: string) => string): Meddler =>
  async (call, next) => {
    const answer = await next();
    return call.operation === operation ? { ...answer, headers: {}, body: change(String(answer.body)) } : answer;
  };

test.each<[string, Meddler, string, string]>([
  [
    'a record that an older version wrote',
    answered('GetParameter', (body) => body.replace('\\"port\\":8080,', '')),
    'RECORD_OUTDATED',
    'missing or wrong in /vendhost/dev/tenants/shop: port',
  ],
  [
    'a record of a newer version that this one cannot follow',
    answered('GetParameter', (body) => body.replace(/\{\\"/, '{\\"version\\":2,\\"')),
    'RECORD_NEWER',
    "hint: use the platform's version of Vendhost or a later one",
  ],
  [
    'a record that is none',
    answered('GetParameter', (body) => JSON.stringify({ Parameter: { ...JSON.parse(body).Parameter, Value: 'shop' } })),
    'RECORD_UNREADABLE',
    'hint: ask the platform team to vend it: vendhost tenant vend shop --environment dev',
  ],
  [
    'facts of a newer platform that this version cannot follow',
    answered('GetParametersByPath', (body) => {
      const page = JSON.parse(body);
      return JSON.stringify({
        ...page,
        Parameters: [...page.Parameters, { Name: '/vendhost/dev/version', Value: '2' }],
      });
    }),
    'PLATFORM_NEWER',
    'the platform of dev publishes facts of version 2, and this version of Vendhost reads 1',
  ],
])('%s', async (_what, meddle, code, text) => {
  const ended = await provision(meddle);
  expect([ended.code, errorIn(ended)]).toEqual([1, code]);
  expect(ended.stderr).toContain(text);
});

test('a target group that somebody deleted', async () => {
  const gone: Meddler = async (call, next) => {
    if (call.operation !== 'DescribeTargetGroups') return await next();
    const error = '<Error><Type>Sender</Type><Code>TargetGroupNotFound</Code><Message>not found</Message></Error>';
    return { status: 400, body: `<ErrorResponse>${error}</ErrorResponse>` };
  };
  const ended = await provision(gone);
  expect([ended.code, errorIn(ended)]).toEqual([1, 'TARGET_GROUP_MISSING']);
});

test('a pipeline that is older than the one that provisioned the host last', async () => {
  const pipeline = (id: string) => ({
    CI_PROJECT_ID: '7',
    CI_PIPELINE_ID: id,
    CI_COMMIT_SHA: '0123456789abcdef',
    CI_PIPELINE_URL: `https://gitlab.example.test/acme/shop/-/pipelines/${id}`,
  });
  await checkNewest(recorder(pipeline('12')), platform.aws, {
    place: { tenant: 'shop', environment: 'dev' },
    bucket: platform.bucket,
    dryRun: false,
  });
  const ended = await provision((_call, next) => next(), pipeline('11'));
  expect([ended.code, errorIn(ended)]).toEqual([1, 'PIPELINE_OUTDATED']);
  expect(ended.stderr).toContain('pipeline 12 is newer and has provisioned shop in dev, for commit 01234567');
});

test('instances that cannot be started, and then instances that do not appear', async () => {
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
