import { AddRoleToInstanceProfileCommand } from '@aws-sdk/client-iam';
import { beforeAll, expect, test, vi } from 'vitest';
import { names } from '../../scripts/config/names.ts';
import { provisionHost } from '../../scripts/host/provision.ts';
import { startRelease } from '../../scripts/release/start.ts';
import { pushRevision } from '../../scripts/revision/push.ts';
import { cloudAccount } from '../builders/account.ts';
import { makeImage } from '../builders/image.ts';
import { kioskSoftware } from '../builders/kiosk-software.ts';
import { makePlatform, type Platform } from '../builders/platform.ts';
import { platformRepository } from '../builders/platform-repository.ts';
import { repository } from '../builders/repository.ts';
import { admitTenant } from '../builders/tenant.ts';
import { errorIn, vendhost } from './command-line.ts';
import { type Meddler, refusal, type WireAnswer, type WireCall, wire } from './wire.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 300_000 });
const place = { tenant: 'kiosk', environment: 'dev' };
const vendhostYml =
  'instances: { min: 1, max: 2 }\nhealth_check: { path: /index.html, grace_seconds: 60 }\ndatabase: none\n';
let platform: Platform;
let register = '';
let revision = '';

beforeAll(async () => {
  const account = '202000000001';
  platform = await makePlatform(cloudAccount(account), { network: true, balancers: 1 });
  await admitTenant(platform, place.tenant);
  const RoleName = names.tenantRole(place, 'instance');
  const iam = await platform.aws.iam();
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: RoleName, RoleName }));
  const image = await makeImage(platform, place.tenant, { agent: true });
  const directory = await repository({ 'vendhost.yml': vendhostYml, ...kioskSoftware });
  await provisionHost(platform.runtime(), { ...place, directory, image, dryRun: false });
  const pushed = platform.runtime();
  await pushRevision(pushed, { ...place, directory, dryRun: false });
  revision = JSON.parse(pushed.printed()).revisionKey;
  await startRelease(platform.runtime(), { ...place, revision, dryRun: false });
  register = (await platformRepository(account)).directory;
});

const page = (number: number) => `vendhost-page-${number}`;

/** The answer, with the token of another page. */
function withToken(call: WireCall, answer: WireAnswer, token: string): WireAnswer {
  const { 'content-length': _length, ...headers } = answer.headers ?? {};
  const text = String(answer.body);
  return { ...answer, headers, body: call.service === 's3' ? s3Page(text, token) : nextPage(call, text, token) };
}

function s3Page(text: string, token: string): string {
  const whole = text.replaceAll(/<IsTruncated>\w+<\/IsTruncated>/g, '');
  const more = `<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`;
  return whole.replace('</ListBucketResult>', `${more}</ListBucketResult>`);
}

function nextPage({ operation, service }: WireCall, text: string, token: string): string {
  if (text.trimStart().startsWith('{')) {
    return JSON.stringify({ ...JSON.parse(text), nextToken: token, NextToken: token });
  }
  if (service === 'ec2') return text.replace(`</${operation}Response>`, `<nextToken>${token}</nextToken>$&`);
  const tokens = `<NextToken>${token}</NextToken><NextMarker>${token}</NextMarker><Marker>${token}</Marker>`;
  return text.replace(`</${operation}Result>`, `${tokens}$&`);
}

const isList = ({ operation }: WireCall) =>
  /^(List|Describe|Filter|GetParametersByPath|GetMetricData)|^GET .*list-type=2/.test(operation);
const isWrite = ({ operation }: WireCall) =>
  /^(Delete|Deregister|Terminate|PutParameter|DELETE |PUT |POST )/.test(operation);
const listName = ({ operation }: WireCall) => (operation.startsWith('GET ') ? 'ListObjectsV2' : operation);

/** Runs a command on which AWS refuses the third page of this list, where it is asked for. */
async function cutRun(words: readonly string[], list: string, code: string) {
  const called = new Set<string>();
  const written: string[] = [];
  let refused = false;
  const meddle: Meddler = async (call, next) => {
    if (isWrite(call)) written.push(call.operation);
    if (!isList(call)) return await next();
    called.add(listName(call));
    if (listName(call) !== list) return await next();
    const asked = `${call.operation} ${call.body}`;
    if (asked.includes(page(3))) {
      refused = true;
      return refusal(call, code, 'not the third page');
    }
    if (asked.includes(page(2))) return withToken(call, saved as WireAnswer, page(3));
    const answer = await next();
    saved ??= answer;
    return answer.status === 200 ? withToken(call, answer, page(2)) : answer;
  };
  let saved: WireAnswer | undefined;
  const AWS_ENDPOINT_URL = await wire(platform.endpoint, meddle);
  const ended = await vendhost([...words, '--json'], { env: { ...platform.env, AWS_ENDPOINT_URL }, cwd: register });
  return { ended, called, written, refused };
}

/** Reads of one thing whose answer has a token all the same here, and lists that the command asks for and does not show. */
const single = [
  'DescribeAutoScalingGroups',
  'DescribeDBInstances',
  'DescribeInstanceRefreshes',
  'DescribeLaunchTemplateVersions',
];
const ofHost = [...single, 'DescribeLifecycleHooks', 'DescribeStacks', 'DescribeTargetGroups', 'DescribeTargetHealth'];
const here = ['--tenant', place.tenant, '--environment', place.environment];
const least = [...here, '--keep', '1', '--older-than', '0'];

/** `all`: it does nothing without a list. `part`: it says what is unknown, and shows the rest. */
const commands = [
  ['image list', here, 'all', []],
  ['image prune', least, 'all', ['DescribeKeyPairs']],
  ['revision prune', least, 'all', []],
  ['release list', here, 'all', []],
  // The newest is on the first page.
  ['release show', here, 'all', ['ListPipelineExecutions']],
  ['audit', here, 'all', []],
  ['host logs', [...here, '--since', '1d'], 'all', []],
  ['host status', here, 'part', ofHost],
  [
    'explain',
    ['kiosk.dev.example.com'],
    'part',
    [...ofHost, 'DescribeAlarms', 'ListDeployments', 'ListDeploymentTargets'],
  ],
  ['explain', ['<revision>'], 'part', [...ofHost, 'DescribeAlarms']],
  ['platform fleet', ['--environment', 'dev'], 'part', ['ListPipelineExecutions']],
] as const;

test.each(commands)('%s %j says which list could not be read to its end', async (verb, more, needs, others) => {
  const words = [...verb.split(' '), ...more.map((word) => word.replace('<revision>', revision))];
  const { called, ended: whole } = await cutRun(words, '', '');
  expect([whole.code, [...called].length > 0], whole.stderr).toEqual([verb === 'host status' ? 2 : 0, true]);
  for (const list of called) {
    const { ended, written, refused } = await cutRun(words, list, 'AccessDenied');
    const said = `${ended.stdout}${ended.stderr}`;
    expect(written, list).toEqual([]);
    if (others.some((other) => other === list)) expect([list, ended.code]).toEqual([list, whole.code]);
    else if (needs === 'part' && list !== 'GetParametersByPath') {
      expect([refused, ended.code], `${list} ${said}`).toEqual([true, whole.code]);
      expect(said).toMatch(new RegExp(`ACCESS_DENIED: AWS refused \\w+ ${list}: not the third page`));
    } else if (needs === 'all') {
      expect([refused, ended.code, errorIn(ended)], list).toEqual([true, 1, 'ACCESS_DENIED']);
      expect(said).toMatch(new RegExp(`AWS refused \\w+ ${list}: not the third page`));
    }
  }
});

test('one that is throttled for ever is given up, and named', async () => {
  const { ended, written } = await cutRun(['image', 'prune', ...least], 'DescribeImages', 'RequestLimitExceeded');
  expect([ended.code, errorIn(ended), written]).toEqual([1, 'AWS_THROTTLED', []]);
  expect(ended.stderr).toContain('AWS refused EC2 DescribeImages because there were too many');
});

test('a token that AWS does not know any more ends it, too', async () => {
  const { ended, written } = await cutRun(['revision', 'prune', ...least], 'ListObjectsV2', 'InvalidArgument');
  expect([ended.code, errorIn(ended), written]).toEqual([1, 'AWS_FAILED', []]);
  expect(ended.stderr).toContain(
    'AWS answered S3 ListObjectsV2 with an error: 400 InvalidArgument: not the third page',
  );
});
