import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type EnforcingCloud, startEnforcingCloud } from '../../builders/enforcing-cloud.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { errorIn, vendhost } from '../command-line.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '100000000347';
const issuer = 'https://tokens.example.test/gitlab';
const project = 'platform/lanterns';
let enforcing: EnforcingCloud;
let repository: PlatformRepository;

beforeAll(async () => {
  repository = await platformRepository(account);
  enforcing = await startEnforcingCloud(repository.directory, issuer);
  await repository.certify(enforcing.cloud.endpoint);
  await repository.writePlatform({}, { project, issuer });
});
afterAll(async () => {
  await enforcing?.cloud.stop();
});

const access = ['--environment', 'dev', '--layer', 'access'];
const run = (words: readonly string[], env: Readonly<Record<string, string | undefined>>) =>
  vendhost(words, { env, cwd: repository.directory });

// One story: the second test stands on the first.
test('a verbose deploy prints its calls, and no secret', async () => {
  const { env } = enforcing.person(account);
  const ended = await run(['platform', 'deploy', ...access, '--verbose'], env);
  expect([ended.code, errorIn(ended)]).toEqual([0, undefined]);
  expect(ended.stderr).toMatch(/^call [\d:.]+ STS GetCallerIdentity: 200 in \d+ ms, 1 attempt/m);
  expect(ended.stderr).toMatch(/^call [\d:.]+ CloudFormation CreateStack: 200 in \d+ ms, 1 attempt/m);
  expect(ended.stderr).not.toContain(env.AWS_SECRET_ACCESS_KEY);
  expect(ended.stderr).not.toContain('AssumeRolePolicyDocument');
});

test("roles trust the issuer's tokens; the audience is still GitLab's address", async () => {
  const { env } = await enforcing.job({ projectPath: project, ref: 'feature' });
  const ended = await run(['platform', 'deploy', ...access, '--dry-run'], { ...env, VENDHOST_VERBOSE: 'true' });
  expect([ended.code, errorIn(ended)]).toEqual([0, undefined]);
  expect(ended.stderr).toMatch(/^call [\d:.]+ STS AssumeRoleWithWebIdentity: 200 in \d+ ms, 1 attempt/m);
  expect(ended.stderr).not.toContain(env.VENDHOST_ID_TOKEN);
});

test("a token that names GitLab's address as its issuer is refused", async () => {
  const other = await enforcing.job({
    projectPath: project,
    ref: 'feature',
    claims: { iss: 'https://gitlab.example.test' },
  });
  const ended = await run(['platform', 'deploy', ...access, '--dry-run'], other.env);
  expect([ended.code, errorIn(ended)]).toEqual([1, 'ROLE_REFUSED']);
});
