import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';
import type { DoctorFinding } from '../../../scripts/doctor/finding.ts';
import { xml } from '../answering.ts';
import { vendhost } from '../command-line.ts';
import { refusal, type WireCall, wire } from '../wire.ts';

const said = {
  packer: 'Packer v1.14.2\n',
  git: 'git version 2.39.5\n',
  ssh: 'OpenSSH_9.2p1 Debian-2, OpenSSL 3.0.17 1 Jul 2025\n',
  shellcheck: 'ShellCheck - shell script analysis tool\nversion: 0.9.0\n',
};

/** A machine with these programs, each of which only says something. */
function machine(programs: Readonly<Record<string, string>> = said) {
  const directory = mkdtempSync(join(tmpdir(), 'vendhost-doctor-'));
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(directory, name), `#!/bin/sh\nprintf '%s' '${text}'\n`);
    chmodSync(join(directory, name), 0o755);
  }
  return { PATH: directory, TMPDIR: directory, XDG_CACHE_HOME: join(directory, 'cache') };
}

async function doctor(env: Readonly<Record<string, string>>, ...words: string[]) {
  const { code, stdout, stderr } = await vendhost(['doctor', '--json', ...words], { env });
  expect(stderr).toBe('');
  const { healthy, findings } = JSON.parse(stdout) as { healthy: boolean; findings: DoctorFinding[] };
  const statuses = Object.fromEntries(findings.map(({ check, status }) => [check, status]));
  const detail = (name: string) => findings.find(({ check }) => check === name)?.detail;
  return { code, healthy, findings, statuses, detail };
}

const noSurroundings = {
  'GitLab reachable': 'unknown',
  'AWS reachable': 'unknown',
  clock: 'unknown',
  credentials: 'unknown',
};

test('an image without credentials is healthy by its own parts', async () => {
  const env = machine();
  const { code, healthy, statuses, detail } = await doctor(env);
  expect([code, healthy]).toEqual([0, true]);
  expect(statuses).toEqual({
    node: 'ok',
    packer: 'ok',
    git: 'ok',
    ssh: 'ok',
    shellcheck: 'ok',
    'session-manager-plugin': 'absent',
    'packer-plugin-amazon': 'absent',
    'temporary folder': 'ok',
    'cache folder': 'ok',
    ...noSurroundings,
  });
  expect(detail('packer')).toBe('1.14.2');
  expect(readdirSync(env.XDG_CACHE_HOME)).toEqual([]);
});

test('a program that commands need and that is not there is a fault, and so is one that is another', async () => {
  const { packer, shellcheck, ...others } = said;
  const wrong = { packer: 'cracklib 2.9\n', ssh: 'No user exists for uid 123456\n' };
  const { code, stdout } = await vendhost(['doctor'], { env: machine({ ...others, ...wrong }) });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^packer +fault +does not say its version: cracklib 2\.9; vendhost image bake needs it$/m);
  expect(stdout).toMatch(/^shellcheck +fault +not on the PATH; vendhost mr plan needs it$/m);
  expect(stdout).toMatch(/^ssh +unknown +does not say its version: No user exists for uid 123456$/m);
  expect(stdout).toContain("hint: shellcheck: use Vendhost's runner image, or install it in yours");
});

test('a temporary folder that cannot be written is a fault', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'vendhost-doctor-')), 'file');
  writeFileSync(file, '');
  const { code, statuses } = await doctor({
    ...machine(),
    TMPDIR: join(file, 'below'),
    XDG_CACHE_HOME: join(file, 'x'),
  });
  expect(code).toBe(1);
  expect(statuses).toMatchObject({ 'temporary folder': 'fault', 'cache folder': 'unknown' });
});

const role = 'arn:aws:iam::100000000001:role/vendhost-dev-shop-deploy';
const caller = 'arn:aws:sts::100000000001:assumed-role/vendhost-dev-shop-deploy/vendhost-7';
const job = {
  GITLAB_CI: 'true',
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: '100000000001',
  AWS_SECRET_ACCESS_KEY: 'a secret key',
  VENDHOST_TENANT: 'shop',
  VENDHOST_ENVIRONMENT: 'dev',
};

/** AWS and GitLab at one address; `decide` is IAM's simulator. */
async function surroundings(decide: (call: WireCall) => string | undefined, headers = {}) {
  const address = await wire(undefined, async (call) => {
    const body = call.operation.endsWith('SimulatePrincipalPolicy')
      ? decide(call)
      : call.operation.endsWith('GetCallerIdentity')
        ? xml('GetCallerIdentity', `<Arn>${caller}</Arn><Account>100000000001</Account>`)
        : '{}';
    return body === undefined ? refusal(call, 'AccessDenied', 'not yours to ask') : { status: 200, headers, body };
  });
  return { AWS_ENDPOINT_URL: address, CI_API_V4_URL: `${address}/api/v4` };
}

const decision = (value: string, inside = '') =>
  xml(
    'SimulatePrincipalPolicy',
    `<EvaluationResults><member><EvalActionName>x</EvalActionName><EvalDecision>${value}</EvalDecision>${inside}</member></EvaluationResults>`,
  );

test("in a job: addresses, clock, credentials and what the role's jobs begin with", async () => {
  const asked: string[] = [];
  const place = await surroundings(({ body }) => {
    const question = new URLSearchParams(body);
    asked.push(`${question.get('ActionNames.member.1')} ${question.get('ResourceArns.member.1')}`);
    expect(question.get('PolicySourceArn')).toBe(role);
    return decision('allowed');
  });
  const { code, statuses, detail } = await doctor({ ...machine(), ...job, ...place });
  expect(statuses).toMatchObject({
    'GitLab reachable': 'ok',
    'AWS reachable': 'ok',
    clock: 'ok',
    credentials: 'ok',
    "role's rights": 'ok',
  });
  expect([code, detail('credentials')]).toEqual([0, caller]);
  expect(asked.sort()).toEqual([
    'cloudformation:DescribeStacks arn:aws:cloudformation:eu-west-1:100000000001:stack/vendhost-dev-shop-host/*',
    'codepipeline:StartPipelineExecution arn:aws:codepipeline:eu-west-1:100000000001:vendhost-dev-shop',
    'ec2:DescribeImages *',
    's3:PutObject arn:aws:s3:::vendhost-dev-100000000001-eu-west-1/software/shop/*',
    'ssm:GetParametersByPath arn:aws:ssm:eu-west-1:100000000001:parameter/vendhost/dev',
  ]);
});

test('rights: a denial is a fault, one that depends on what the simulator does not know is unknown, and so is all if it may not be asked', async () => {
  const denied = await surroundings(({ body }) => decision(body.includes('PutObject') ? 'implicitDeny' : 'allowed'));
  const faulty = await doctor({ ...machine(), ...job, ...denied });
  expect([faulty.code, faulty.detail("role's rights")]).toEqual([1, `${role} lacks s3:PutObject (package)`]);

  const missing = '<MissingContextValues><member>aws:RequestTag/x</member></MissingContextValues>';
  const open = await surroundings(() => decision('implicitDeny', missing));
  const conditional = await doctor({ ...machine(), ...job, ...open });
  expect([conditional.code, conditional.statuses["role's rights"]]).toEqual([0, 'unknown']);

  const closed = await surroundings(() => undefined);
  const unasked = await doctor({ ...machine(), ...job, ...closed });
  expect([unasked.code, unasked.statuses["role's rights"]]).toEqual([0, 'unknown']);
  expect(unasked.detail("role's rights")).toContain('not yours to ask');
});

test('a clock that is off by more than AWS allows is a fault', async () => {
  const place = await surroundings(() => undefined, { date: 'Sat, 01 Jan 2000 00:00:00 GMT' });
  const { code, detail } = await doctor({ ...machine(), ...place });
  expect(code).toBe(1);
  expect(detail('clock')).toMatch(/ahead of http:/);
});

test('who cannot be reached is a fault in a job, and unknown elsewhere', async () => {
  // Nothing listens on port 1 of loopback.
  const nobody = { CI_API_V4_URL: 'http://127.0.0.1:1/api/v4' };
  const inJob = await doctor({ ...machine(), ...nobody, GITLAB_CI: 'true' });
  expect([inJob.code, inJob.statuses['GitLab reachable']]).toEqual([1, 'fault']);
  const elsewhere = await doctor({ ...machine(), ...nobody });
  expect([elsewhere.code, elsewhere.statuses['GitLab reachable']]).toEqual([0, 'unknown']);
});

test.each([
  ['down', { status: 502 }, 'answers 502'],
  ['moved', { status: 301, headers: { location: 'https://new.example.com/' } }, 'answers 301 and leads to https://new'],
  ['behind a sign-in page', { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } }, 'with a page'],
])('a GitLab that is %s is not reached; its address is that of the API', async (_, answer, detail) => {
  const asked: string[] = [];
  const CI_SERVER_URL = await wire(undefined, async ({ operation }) => {
    asked.push(operation);
    return { body: 'x', ...answer };
  });
  const found = await doctor({ ...machine(), CI_SERVER_URL, GITLAB_CI: 'true' });
  expect([found.code, found.statuses['GitLab reachable'], asked]).toEqual([1, 'fault', ['GET /api/v4/version']]);
  expect(found.detail('GitLab reachable')).toContain(detail);
});

test('an AWS that takes calls and does not answer is said, and the process ends', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  onTestFinished(() => void silent.close());
  const env = { ...machine(), ...job, AWS_ENDPOINT_URL: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` };
  const bin = join(import.meta.dirname, '../../../bin/vendhost.js');
  const ended = await execa(process.execPath, [bin, 'doctor', '--json'], {
    ...{ env, extendEnv: false, reject: false, stdin: 'ignore', timeout: 200_000 },
  });
  expect([ended.exitCode, ended.timedOut, ended.stderr]).toEqual([1, false, '']);
  expect(ended.stdout).toContain('AWS gave no answer within 15 s');
}, 300_000);

test('credentials that AWS refuses are a fault', async () => {
  const address = await wire(undefined, async (call) => refusal(call, 'InvalidClientTokenId', 'no such key'));
  const { code, statuses } = await doctor({ ...machine(), ...job, AWS_ENDPOINT_URL: address });
  expect([code, statuses.credentials]).toEqual([1, 'fault']);
});

test('an ID token without the role and the region that vending sets is a fault', async () => {
  const token = { ...machine(), GITLAB_CI: 'true', VENDHOST_ID_TOKEN: 'a token' };
  const nowhere = await doctor(token);
  expect([nowhere.code, nowhere.detail('credentials')]).toEqual([1, 'no AWS region is set']);
  const place = await surroundings(() => undefined);
  const nobody = await doctor({ ...token, ...place, AWS_REGION: 'eu-west-1' });
  expect([nobody.code, nobody.detail('credentials')]).toEqual([1, 'the job has an ID token but no VENDHOST_ROLE_ARN']);
});
