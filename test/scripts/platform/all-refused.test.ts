import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { errorIn, vendhost } from '../command-line.ts';
import { refusal, type WireAnswer, type WireCall, wire } from '../wire.ts';

// Some commands load the CDK.
vi.setConfig({ testTimeout: 60_000 });
const account = '100000000001';
let repository: PlatformRepository;
beforeEach(async () => {
  // The issuer of ID tokens, which a deploy asks.
  vi.spyOn(globalThis, 'fetch').mockRejectedValue(new TypeError('fetch failed'));
  repository = await platformRepository(account, { production: account });
});
afterEach(async () => {
  vi.restoreAllMocks();
});

type Answers = Readonly<Record<string, string | ((call: WireCall) => string)>>;

const xml = (operation: string, inside: string) =>
  `<${operation}Response><${operation}Result>${inside}</${operation}Result></${operation}Response>`;

/** What must be answered before a command comes to the work itself. */
const ready: Answers = {
  GetCallerIdentity: xml('GetCallerIdentity', `<Account>${account}</Account>`),
  DescribeCertificate: JSON.stringify({
    Certificate: {
      Status: 'ISSUED',
      SubjectAlternativeNames: ['dev', 'staging', 'production'].flatMap((name) => [
        `${name}.example.com`,
        `*.${name}.example.com`,
      ]),
    },
  }),
};

/** An account that answers so, and refuses all else. */
async function platform(verb: string, words: readonly string[], answers: Answers = {}) {
  const known = { ...ready, ...answers };
  const calls: string[] = [];
  const answer = async (call: WireCall): Promise<WireAnswer> => {
    calls.push(call.operation);
    const found = known[call.operation] ?? known[call.operation.replace(/\?.*/, '')];
    const body = typeof found === 'function' ? found(call) : found;
    const [, code, message] = /^!(\w+)(?:: (.*))?$/.exec(body ?? '') ?? [];
    if (code !== undefined) return refusal(call, code, message);
    if (body !== undefined) return { status: 200, body };
    return refusal(call, 'AccessDenied', `not authorized to perform: ${call.service}:${call.operation}`);
  };
  const env = {
    AWS_ENDPOINT_URL: await wire(undefined, answer),
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: 'secret',
  };
  const ended = await vendhost(['platform', verb, ...words], { env, cwd: repository.directory });
  return { ...ended, calls };
}

describe('in every environment something is refused', () => {
  test.each([
    ['status', 'STATUS_FAILED'],
    ['plan', 'PLAN_FAILED'],
    ['deploy', 'DEPLOY_FAILED'],
  ])('%s', async (verb, code) => {
    const ended = await platform(verb, ['--all']);
    expect([ended.code, errorIn(ended)]).toEqual([1, code]);
    for (const environment of ['dev', 'staging', 'production']) {
      expect(ended.stderr).toContain(`${environment}: error[ACCESS_DENIED]`);
    }
  });
});

const stacksOf = (stacks: readonly string[]) => {
  const state = '<StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime>';
  const members = stacks.map((stack) => `<member><StackName>${stack}</StackName>${state}</member>`);
  return xml('ListStacks', `<StackSummaries>${members.join('')}</StackSummaries>`);
};

/** Nothing but these stacks, and no tenant. */
const left = (stacks: readonly string[]): Answers => ({
  ListStacks: stacksOf(stacks),
  GetParametersByPath: '{"Parameters":[]}',
  GetParameter: '!ParameterNotFound',
});
const noBuckets = Object.fromEntries(
  ['dev', 'staging', 'production'].flatMap((name) => {
    const bucket = `vendhost-${name}-${account}-eu-west-1`;
    return [bucket, `${bucket}-logs`].map((each) => [`HEAD /${each}/`, '!NoSuchBucket']);
  }),
);

const described = (stack: string | null, isProtected = false) =>
  xml(
    'DescribeStacks',
    `<Stacks><member><StackId>arn:${stack}</StackId><StackName>${stack}</StackName><StackStatus>CREATE_COMPLETE</StackStatus><EnableTerminationProtection>${isProtected}</EnableTerminationProtection><CreationTime>2026-01-01T00:00:00Z</CreationTime></member></Stacks>`,
  );

describe('status', () => {
  const listener = 'arn:aws:elasticloadbalancing:eu-west-1:100000000001:listener/app/dev/1/2';
  const facts = {
    Parameters: [
      { Name: '/vendhost/dev/load-balancer-dns', Value: 'dev.elb.example.com' },
      { Name: '/vendhost/dev/listener-arn', Value: listener },
      { Name: '/vendhost/dev/bucket', Value: 'claims' },
    ],
  };
  /** These of the facts, and no tenant's record. */
  const published =
    (isPublished: (name: string) => boolean) =>
    ({ body }: WireCall) => {
      const all = body.includes('/tenants/') ? [] : facts.Parameters.filter(({ Name }) => isPublished(Name));
      return JSON.stringify({ Parameters: all });
    };
  const whole: Answers = {
    DescribeStacks: ({ body }) => {
      const stack = new URLSearchParams(body).get('StackName') ?? '';
      return /balancer-\d/.test(stack) ? '!ValidationError: Stack does not exist' : described(stack);
    },
    GetParametersByPath: published(() => true),
    GetOpenIDConnectProvider: xml(
      'GetOpenIDConnectProvider',
      '<ClientIDList><member>https://gitlab.example.test</member></ClientIDList>',
    ),
    DescribeRules: xml('DescribeRules', '<Rules></Rules>'),
    ListStacks: stacksOf([]),
    'GET /claims/': '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>',
  };

  /** The status of dev as data, part by part. */
  async function statusOf(answers: Answers) {
    const { code, stdout } = await platform('status', ['--environment', 'dev', '--json'], answers);
    const { environments } = JSON.parse(stdout) as { environments: [Record<string, unknown>] };
    return { code, parts: environments[0] };
  }

  test.each<[string, Answers, string]>([
    ['a listener that is gone', { DescribeRules: '!ListenerNotFound' }, 'loadBalancers'],
    ['a load balancer that is gone', { DescribeRules: '!LoadBalancerNotFound' }, 'loadBalancers'],
    [
      'a listener that is not published',
      { GetParametersByPath: published((name) => !name.endsWith('/listener-arn')) },
      'loadBalancers',
    ],
    ['a provider that is gone', { GetOpenIDConnectProvider: '!NoSuchEntity' }, 'provider'],
    [
      'a provider for others',
      { GetOpenIDConnectProvider: xml('GetOpenIDConnectProvider', '<ClientIDList></ClientIDList>') },
      'provider',
    ],
  ])('%s is not as it should be', async (_what, change, part) => {
    const sound = await statusOf(whole);
    const { code, parts } = await statusOf({ ...whole, ...change });
    expect([sound.code, code]).toEqual([0, 2]);
    const different = Object.keys(parts).filter((key) => !isDeepStrictEqual(parts[key], sound.parts[key]));
    expect(different.filter((key) => typeof parts[key] === 'object')).toEqual([part]);
  });
});

describe('destroy', () => {
  test('of several environments that cannot be destroyed says so of each', async () => {
    const stacks = ['vendhost-dev-network', 'vendhost-staging-network', 'vendhost-gitlab'];
    const ended = await platform('destroy', ['--all', '--yes-destroy', 'lanterns'], { ...left(stacks), ...noBuckets });
    expect([ended.code, errorIn(ended)]).toEqual([1, 'DESTROY_FAILED']);
    expect(ended.stderr).toMatch(/dev: error\[ACCESS_DENIED\][\s\S]*staging: error\[ACCESS_DENIED\]/);
    expect(ended.calls).not.toContain('DeleteStack');
  });

  test.each([
    ['in another region of the account', 'vendhost-staging-network', []],
    ['anywhere in the account', 'somebody-elses-network', [account]],
  ])('keeps the provider of GitLab while there is an environment %s', async (_where, stack, expected) => {
    await repository.writePlatform({
      staging: { region: 'eu-west-2', certificate: `arn:aws:acm:eu-west-2:${account}:certificate/0c5f3a52` },
    });
    const stacks: Readonly<Record<string, string[]>> = {
      'eu-west-1': ['vendhost-dev-network', 'vendhost-gitlab'],
      'eu-west-2': [stack],
    };
    const ListStacks = ({ region }: WireCall) => stacksOf(stacks[region] ?? []);
    const words = ['--environment', 'dev', '--dry-run', '--json'];
    const { code, stdout } = await platform('destroy', words, { ...left([]), ...noBuckets, ListStacks });
    const { providers } = JSON.parse(stdout) as { providers: { account: string }[] };
    expect([code, providers.map((each) => each.account)]).toEqual([2, expected]);
  });

  test('leaves a stack that somebody protected', async () => {
    const stack = 'vendhost-dev-network';
    const answers = { ...left([stack]), ...noBuckets, DescribeStacks: described(stack, true) };
    const ended = await platform('destroy', ['--environment', 'dev'], answers);
    expect([ended.code, errorIn(ended)]).toEqual([1, 'STACK_PROTECTED']);
    expect(ended.calls).not.toContain('DeleteStack');
    expect(ended.calls).not.toContain('UpdateTerminationProtection');
  });

  test('names the objects that S3 does not delete, and leaves their bucket', async () => {
    const bucket = `vendhost-dev-${account}-eu-west-1`;
    const answers = {
      ...left([]),
      ...noBuckets,
      [`HEAD /${bucket}/`]: '',
      [`GET /${bucket}/?versions=`]:
        '<ListVersionsResult><IsTruncated>false</IsTruncated><Version><Key>kept</Key><VersionId>1</VersionId></Version></ListVersionsResult>',
      [`POST /${bucket}/?delete=`]:
        '<DeleteResult><Error><Key>kept</Key><Code>AccessDenied</Code><Message>held</Message></Error></DeleteResult>',
    };
    const ended = await platform('destroy', ['--environment', 'dev'], answers);
    expect([ended.code, errorIn(ended)]).toEqual([1, 'BUCKET_NOT_EMPTIED']);
    expect(ended.stderr).toContain('kept: AccessDenied: held');
    expect(ended.calls).not.toContain(`DELETE /${bucket}/`);
  });
});
