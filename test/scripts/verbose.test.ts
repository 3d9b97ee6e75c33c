import { DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { openAws } from '../../scripts/aws/session.ts';
import { openGitlab } from '../../scripts/gitlab/api.ts';
import { writeVariables } from '../../scripts/gitlab/variables.ts';
import { recorder } from '../builders/recorder.ts';
import { repository, soundTenant } from '../builders/repository.ts';
import { startLocalGitlab } from '../local-gitlab/api.ts';
import { xml } from './answering.ts';
import { vendhost } from './command-line.ts';
import { type Meddler, refusal, wire } from './wire.ts';

const secrets = {
  idToken: 'header.payload.signature-of-the-job',
  secretKey: 'secret-key-of-the-role',
  sessionToken: 'session-token-of-the-role',
  gitlab: 'token-of-gitlab',
};
const time = /^call \d\d:\d\d:\d\d\.\d{3} /;

/** The lines about calls, without what differs from run to run. */
const calls = (lines: readonly string[]) =>
  lines
    .filter((line) => line.startsWith('call '))
    .map((line) => line.replace(time, '').replace(/ in \d+ ms/, ' in N ms'));

const exchanged = xml(
  'AssumeRoleWithWebIdentity',
  `<Credentials><AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>${secrets.secretKey}</SecretAccessKey>
  <SessionToken>${secrets.sessionToken}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>`,
);

const answer = (body: string, id: string) => ({ status: 200, headers: { 'x-amzn-requestid': id }, body });

/** An AWS that exchanges the ID token, knows no object, and is too busy for the first look at instances. */
let busy: boolean;
const aws: Meddler = async (call) => {
  if (call.operation === 'AssumeRoleWithWebIdentity') return answer(exchanged, 'id-1');
  if (call.service === 's3') return { ...refusal(call, 'NoSuchKey'), headers: { 'x-amz-request-id': 'id-2' } };
  if (busy) {
    busy = false;
    return { ...refusal(call, 'RequestLimitExceeded'), status: 503 };
  }
  return answer('<DescribeInstancesResponse/>', 'id-3');
};
beforeEach(() => {
  busy = true;
});

async function job(more: { verbose?: boolean } = {}) {
  const env = {
    AWS_ENDPOINT_URL: await wire(undefined, aws),
    AWS_REGION: 'eu-west-1',
    VENDHOST_ID_TOKEN: secrets.idToken,
    VENDHOST_ROLE_ARN: 'arn:aws:iam::111111111111:role/vendhost-dev-shop-deploy',
  };
  return recorder(env, more);
}

describe('each call to AWS', () => {
  test('is printed with how it ended, retries and request id, and without what was sent', async () => {
    const runtime = await job({ verbose: true });
    const opened = openAws(runtime);
    const ask = (await opened.s3()).send(new HeadObjectCommand({ Bucket: 'bucket', Key: 'secret/key' }));
    await expect(ask).rejects.toThrow();
    await (await opened.ec2()).send(new DescribeInstancesCommand({}));
    expect(calls(runtime.progress())).toEqual([
      'STS AssumeRoleWithWebIdentity: 200 in N ms, 1 attempt, request id-1',
      'S3 HeadObject: 404 NotFound in N ms, 1 attempt, request id-2',
      'EC2 DescribeInstances: 200 in N ms, 2 attempts, request id-3',
    ]);
    const text = runtime.progress().join('\n');
    expect(text).toMatch(time);
    for (const hidden of [...Object.values(secrets), 'secret/key']) expect(text).not.toContain(hidden);
  });

  test('costs nothing when nobody asked: the client has no plug-in and nothing is printed', async () => {
    const runtime = await job();
    const ec2 = await openAws(runtime).ec2();
    await ec2.send(new DescribeInstancesCommand({}));
    expect(ec2.middlewareStack.identify().filter((name) => name.includes('callLog'))).toEqual([]);
    expect(runtime.progress()).toEqual([]);
  });

  test('that nobody answers is printed with the reason', async () => {
    const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_REGION: 'eu-west-1' };
    const keys = { AWS_ACCESS_KEY_ID: '111111111111', AWS_SECRET_ACCESS_KEY: secrets.secretKey };
    const runtime = recorder({ ...env, ...keys }, { verbose: true });
    await expect(openAws(runtime).account()).rejects.toThrow();
    expect(calls(runtime.progress())).toEqual([
      expect.stringMatching(/^STS GetCallerIdentity: ECONNREFUSED in N ms, \d attempts$/),
    ]);
  });
});

test('each call to GitLab is printed by method, path and status, every page of it', async () => {
  const project = 'acme/shop';
  const gitlab = await startLocalGitlab({ projects: [project], token: secrets.gitlab });
  onTestFinished(() => gitlab.stop());
  const runtime = recorder({ CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: secrets.gitlab }, { verbose: true });
  const api = openGitlab(runtime, 'https://gitlab.example.test');
  if (api === undefined) throw new Error('no API');
  const change = { key: 'AWS_REGION', value: secrets.secretKey, scope: 'dev', action: 'create' } as const;
  await writeVariables(api, project, [change]);
  await writeVariables(api, project, [change]);
  for (let number = 0; number < 30; number += 1) {
    gitlab.state.protectBranch(gitlab.state.projects()[0] as never, `branch-${number}`);
  }
  await api.call('read', (client) => client.ProtectedBranches.all(project));
  expect(calls(runtime.progress())).toEqual([
    'GitLab POST /api/v4/projects/acme%2Fshop/variables: 201 in N ms',
    'GitLab POST /api/v4/projects/acme%2Fshop/variables: 400 in N ms',
    'GitLab PUT /api/v4/projects/acme%2Fshop/variables/AWS_REGION: 200 in N ms',
    'GitLab GET /api/v4/projects/acme%2Fshop/protected_branches: 200 in N ms',
    'GitLab GET /api/v4/projects/acme%2Fshop/protected_branches: 200 in N ms',
  ]);
  for (const hidden of Object.values(secrets)) expect(runtime.progress().join('\n')).not.toContain(hidden);
});

describe('the command', () => {
  const run = async (words: readonly string[], env: Record<string, string> = {}) => {
    const place = { VENDHOST_TENANT: 'shop', VENDHOST_ENVIRONMENT: 'dev', AWS_REGION: 'eu-west-1' };
    const keys = { AWS_ACCESS_KEY_ID: '111111111111', AWS_SECRET_ACCESS_KEY: 'secret' };
    const all = { ...place, ...keys, AWS_ENDPOINT_URL: 'http://127.0.0.1:9', ...env };
    const { stderr } = await vendhost(['revision', 'push', ...words], { env: all, cwd: await repository(soundTenant) });
    return calls(stderr.split('\n')).length > 0;
  };
  test.each<[readonly string[], Record<string, string>, boolean]>([
    [[], {}, false],
    [['--verbose'], {}, true],
    [[], { VENDHOST_VERBOSE: 'true' }, true],
    [[], { VENDHOST_VERBOSE: 'false' }, false],
    [['--no-verbose'], { VENDHOST_VERBOSE: 'true' }, false],
  ])('%j with %j prints calls: %s', async (words, env, expected) => {
    expect(await run(words, env)).toBe(expected);
  });
});
