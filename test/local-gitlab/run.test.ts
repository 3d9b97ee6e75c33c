import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type PlatformProject, publishPlatform } from './platform.ts';
import { GitlabProject } from './project.ts';
import { commit, createRepository } from './repository.ts';
import { type PipelineOptions, type PipelineResult, runPipeline, startPipeline } from './run.ts';
import { createIssuer, type IdTokenIssuer } from './tokens.ts';
import { defaultGitlab } from './workspace.ts';

const scenario = `
stages: [make, use, after]
make:
  stage: make
  timeout: 1h 30m
  rules:
    - if: $CI_COMMIT_BRANCH == "dev"
      variables: { TARGET: dev }
  environment: { name: $TARGET, action: prepare }
  id_tokens:
    CLOUD_TOKEN: { aud: $CI_SERVER_URL }
  script:
    - echo "MADE=one" > made.env
    - echo "region $AWS_REGION, runner $RUNNER_SAYS, home of the machine \${SECRET_OF_THE_MACHINE:-unknown}"
    - echo "token $CLOUD_TOKEN"
    - echo "to stderr" >&2
    - touch only-here
  after_script:
    - echo "after make"
  artifacts:
    reports: { dotenv: made.env }
use:
  stage: use
  script:
    - echo "made \${MADE:-nothing}, token \${CLOUD_TOKEN:-none}, region \${AWS_REGION:-none}, title $CI_COMMIT_TITLE"
    - test ! -e only-here
infrastructure:
  stage: use
  needs: []
  rules:
    - changes: [infrastructure/**/*]
  script: [echo changed]
optional:
  stage: use
  allow_failure: { exit_codes: [3] }
  script: [exit 3]
by-hand:
  stage: after
  when: manual
  script: [echo by hand]
`;

// Each start of gitlab-ci-local takes a second or two.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let directory: string;
let issuer: IdTokenIssuer;
let platform: PlatformProject;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'local-gitlab-run-'));
  issuer = await createIssuer({ issuer: defaultGitlab, directory });
  platform = await publishPlatform({ directory: join(directory, 'git-host'), gitlab: defaultGitlab });
});

let repositories = 0;
async function tenant(pipeline: string): Promise<PipelineOptions> {
  repositories += 1;
  const files = { '.gitlab-ci.yml': pipeline, 'infrastructure/install.sh': 'true\n' };
  return {
    tenantRepository: await createRepository(join(directory, `tenant-${repositories}`), files, 'dev'),
    projectPath: 'acme/shop',
    event: 'push',
    branch: 'dev',
    directory: join(directory, 'runs'),
    platform,
    issuer,
  };
}

const statuses = (result: PipelineResult) => Object.fromEntries(result.jobs.map(({ name, status }) => [name, status]));
const logOf = (result: PipelineResult, name: string) => result.jobs.find((job) => job.name === name)?.log ?? '';

describe('a push', () => {
  let result: PipelineResult;
  let claims: JWTPayload;
  const lines: string[] = [];
  const events: string[] = [];

  beforeAll(async () => {
    process.env.SECRET_OF_THE_MACHINE = 'leaked';
    const options = await tenant(scenario);
    await commit(options.tenantRepository, {}, 'Costs $HOME and "more"\n\nA body.');
    result = await runPipeline({
      ...options,
      variables: [
        { key: 'AWS_REGION', value: 'eu-west-1', environment_scope: 'dev' },
        { key: 'AWS_REGION', value: 'eu-west-2', environment_scope: 'production' },
      ],
      runnerEnvironment: { RUNNER_SAYS: 'hello' },
      onLine: ({ job, text, stream }) => lines.push(`${job}/${stream}: ${text}`),
      onJob: ({ job, status }) => events.push(`${job} ${status}`),
    });
    const token = /^token (\S+)$/m.exec(logOf(result, 'make'))?.[1] ?? '';
    claims = (await jwtVerify(token, createLocalJWKSet(issuer.jwks), { audience: defaultGitlab })).payload;
  });

  test('runs the jobs whose rules match, and lists them by stage', () => {
    expect(result.jobs.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'make success',
      'use success',
      'infrastructure success',
      'optional warning',
      'by-hand manual',
    ]);
    expect(result.status).toBe('success');
  });

  test('a token ends with the time of its job', () => {
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(90 * 60);
  });

  test("gives a job the project's variables of its environment, and no other's", () => {
    expect(logOf(result, 'make')).toContain('region eu-west-1, runner hello');
    expect(logOf(result, 'use')).toContain('region none');
  });

  test("keeps the caller's environment out of the jobs", () => {
    expect(logOf(result, 'make')).toContain('home of the machine unknown');
  });

  test('passes dotenv reports on and nothing else', () => {
    expect(logOf(result, 'use')).toContain('made one');
  });

  test('runs after_script and keeps the reports all the same', () => {
    expect(logOf(result, 'make')).toContain('after make');
  });

  test('mints a token with the claims of that job', () => {
    expect(claims).toMatchObject({
      iss: 'https://gitlab.example.test',
      sub: 'project_path:acme/shop:ref_type:branch:ref:dev',
      aud: 'https://gitlab.example.test',
      project_path: 'acme/shop',
      ref: 'dev',
      ref_type: 'branch',
      environment: 'dev',
      environment_action: 'prepare',
      pipeline_source: 'push',
      pipeline_id: result.pipelineId,
      sha: result.commit,
    });
    expect(claims.job_id).toMatch(/^\d+$/);
  });

  test('gives no token to a job that asks for none', () => {
    expect(logOf(result, 'use')).toContain('token none');
  });

  test("tells jobs the commit's own message", () => {
    expect(logOf(result, 'use')).toContain('title Costs $HOME and "more"');
  });

  test('hands on lines and events as they come', () => {
    expect(lines).toContain('make/stderr: to stderr');
    expect(lines).toContain('make/stdout: after make');
    for (const [job, end] of [
      ['make', 'success'],
      ['infrastructure', 'success'],
      ['optional', 'warning'],
    ]) {
      expect(events.filter((event) => event.startsWith(`${job} `))).toEqual([`${job} running`, `${job} ${end}`]);
    }
  });
});

test('a second push compares with the first', async () => {
  const options = await tenant(scenario);
  const first = await runPipeline(options);
  await commit(options.tenantRepository, { 'software/index.html': 'two' }, 'Software only');
  const second = await runPipeline(options);
  await commit(options.tenantRepository, { 'infrastructure/install.sh': 'echo three\n' }, 'Infrastructure');
  const third = await runPipeline(options);
  const same = await runPipeline(options);
  const web = await runPipeline({ ...options, event: 'web' });
  expect([first, second, third, same, web].map((result) => 'infrastructure' in statuses(result))).toEqual([
    true,
    false,
    true,
    false,
    true,
  ]);
  expect(new Set([first, second, third, same, web].map(({ pipelineId }) => pipelineId)).size).toBe(5);
});

test('a failed job skips what needs it and fails the pipeline', async () => {
  const options = await tenant(`
stages: [one, two]
breaks: { stage: one, script: [echo before, exit 4] }
waits: { stage: two, script: [echo never] }
`);
  const result = await runPipeline(options);
  expect(statuses(result)).toEqual({ breaks: 'failed', waits: 'skipped' });
  expect(result.jobs[0]).toMatchObject({ exitCode: 4, log: '$ echo before\nbefore\n$ exit 4\n' });
  expect(result.status).toBe('failed');
});

test('what happens before a job is done when its script starts', async () => {
  const options = await tenant('first: { script: [echo one] }');
  const order: string[] = [];
  const result = await runPipeline({
    ...options,
    beforeJob: async (job) => order.push(`before ${job}`),
    onLine: ({ text }) => text === 'one' && order.push(text),
  });
  expect(statuses(result)).toEqual({ first: 'success' });
  expect(order).toEqual(['before first', 'one']);
});

test("files of a job that failed and may reach the job that needs it, and nobody else's", async () => {
  const options = await tenant(`
stages: [plan, deploy]
plan: { stage: plan, allow_failure: { exit_codes: [2] }, script: [echo planned > plan.json, exit 2], artifacts: { when: always, paths: [plan.json] } }
other: { stage: plan, script: [echo other > other.json], artifacts: { paths: [other.json] } }
deploy: { stage: deploy, when: manual, needs: [plan], script: [cat plan.json, test ! -e other.json] }
`);
  const result = await runPipeline({ ...options, manual: ['deploy'] });
  expect(statuses(result)).toEqual({ plan: 'warning', other: 'success', deploy: 'success' });
  expect(logOf(result, 'deploy')).toContain('planned');
});

test('the reports of a job are kept as GitLab reads them', async () => {
  const options = await tenant(`
plan:
  parallel: { matrix: [{ NAME: [dev] }] }
  script:
    - 'echo "{\\"create\\":1,\\"update\\":0,\\"delete\\":0}" > "$NAME.json"'
    - exit 1
  artifacts: { when: always, reports: { terraform: $NAME.json, junit: none.xml } }
`);
  const [job] = (await runPipeline(options)).jobs;
  expect(job).toMatchObject({
    name: 'plan: [dev]',
    reports: { terraform: { counts: { create: 1, update: 0, delete: 0 } }, absent: ['none.xml'] },
  });
});

test('jobs of a matrix have names of their own, and tokens', async () => {
  const options = await tenant(`
each: { parallel: { matrix: [{ COLOUR: [red, green] }] }, id_tokens: { T: { aud: x } }, script: ['echo "$COLOUR \${#T}"'] }
`);
  const result = await runPipeline(options);
  expect(statuses(result)).toEqual({ 'each: [red]': 'success', 'each: [green]': 'success' });
  expect(logOf(result, 'each: [green]')).toMatch(/^green [1-9]\d{2,}$/m);
});

const cancellable = `
stages: [one, two]
long:
  stage: one
  script:
    - 'bash -c ''trap "echo told to stop; exit 143" TERM; sleep 600 & echo ready; wait'''
waits: { stage: two, script: [echo never] }
`;

test('a canceled job gets SIGTERM, and what needs it does not start', async () => {
  const options = await tenant(cancellable);
  const ready = Promise.withResolvers<void>();
  const pipeline = await startPipeline({ ...options, onLine: ({ text }) => text === 'ready' && ready.resolve() });
  await pipeline.started('long');
  await ready.promise;
  await pipeline.cancel('long');
  const result = await pipeline.result;
  expect(statuses(result)).toEqual({ long: 'canceled', waits: 'skipped' });
  expect(logOf(result, 'long')).toContain('told to stop');
  expect(result.status).toBe('canceled');
});

test.each(['docker', 'kubernetes'] as const)(
  'a job that is canceled the %s way is killed; after_script runs, or not',
  async (name) => {
    const options = await tenant(`
stages: [one, two]
long: { stage: one, script: ["bash -c 'trap : TERM; echo ready; while :; do sleep 0.1; done'"], after_script: [echo cleaned] }
waits: { stage: two, script: [echo never] }
`);
    const cancel = async (afterScript: boolean) => {
      const ready = Promise.withResolvers<void>();
      const executor = { name, graceMs: 300, afterScript };
      const onLine = ({ text }: { text: string }) => text === 'ready' && ready.resolve();
      const pipeline = await startPipeline({ ...options, executor, onLine });
      await Promise.race([ready.promise, pipeline.result]);
      await pipeline.cancel('long');
      return await pipeline.result;
    };
    const [clean, lost] = [await cancel(true), await cancel(false)];
    expect(statuses(clean)).toEqual({ long: 'canceled', waits: 'skipped' });
    expect(clean.jobs[0]?.exitCode).toBe(137);
    expect(logOf(clean, 'long')).toContain('cleaned');
    expect(statuses(lost)).toEqual({ long: 'canceled', waits: 'skipped' });
    expect(logOf(lost, 'long')).not.toMatch(/^cleaned$/m);
  },
);

test('a job whose time is over is ended and fails; after_script does not run', async () => {
  const script = "bash -c 'trap : TERM; while :; do sleep 0.1; done'";
  const options = await tenant(`
stages: [one, two]
long: { stage: one, timeout: 2 seconds, script: ["${script}"], after_script: [echo cleaned] }
quick: { stage: one, script: [echo "$CI_JOB_TIMEOUT $CI_JOB_STARTED_AT"] }
waits: { stage: two, script: [echo never] }
`);
  const result = await runPipeline({ ...options, executor: { name: 'docker', graceMs: 300 } });
  expect(statuses(result)).toEqual({ long: 'failed', quick: 'success', waits: 'skipped' });
  expect(logOf(result, 'long')).not.toMatch(/^cleaned$/m);
  expect(logOf(result, 'quick')).toMatch(/^3600 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/m);
});

const deployment = (script: string) => `
workflow: { auto_cancel: { on_new_commit: conservative } }
stages: [test, deploy]
test: { stage: test, interruptible: true, script: ['${script}'] }
release: { stage: deploy, environment: dev, resource_group: all-$CI_COMMIT_BRANCH, script: ['test ! -e "$BUSY"', 'touch "$BUSY"', 'rm "$BUSY"'] }
`;

test('a newer push cancels a pipeline that may be interrupted', async () => {
  const options = { ...(await tenant(deployment('echo ready; sleep 600'))), project: new GitlabProject() };
  const ready = Promise.withResolvers<void>();
  const older = await startPipeline({ ...options, onLine: ({ text }) => text === 'ready' && ready.resolve() });
  await Promise.race([ready.promise, older.result]);
  await commit(options.tenantRepository, { '.gitlab-ci.yml': deployment('true') }, 'Second');
  const newer = await startPipeline({ ...options, runnerEnvironment: { BUSY: join(directory, 'busy-1') } });
  expect(statuses(await older.result)).toEqual({ test: 'canceled', release: 'skipped' });
  expect(statuses(await newer.result)).toEqual({ test: 'success', release: 'success' });
});

test('an older deployment that comes after a newer one fails before it runs', async () => {
  const options = {
    ...(await tenant(deployment('true'))),
    project: new GitlabProject({ autoCancel: false }),
    runnerEnvironment: { BUSY: join(directory, 'busy-2') },
  };
  const [mayGoOn, waits] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const beforeJob = async (job: string) => {
    if (job !== 'test') return;
    waits.resolve();
    await mayGoOn.promise;
  };
  const older = await startPipeline({ ...options, beforeJob });
  await waits.promise;
  await commit(options.tenantRepository, {}, 'Second');
  expect(statuses(await runPipeline(options))).toEqual({ test: 'success', release: 'success' });
  mayGoOn.resolve();
  const result = await older.result;
  expect(statuses(result)).toEqual({ test: 'success', release: 'failed' });
  expect(logOf(result, 'release')).toBe('failed outdated deployment job\n');
});

test('an aborted signal cancels the pipeline', async () => {
  const options = await tenant(cancellable);
  const stopping = new AbortController();
  const onLine = ({ text }: { text: string }) => text === 'ready' && stopping.abort();
  const result = await runPipeline({ ...options, onLine, signal: stopping.signal });
  expect(result.status).toBe('canceled');
});

test('a merge request has its own variables and no branch', async () => {
  const options = await tenant(`
shows:
  rules: [{ if: $CI_PIPELINE_SOURCE == "merge_request_event" }]
  script: ['echo "branch \${CI_COMMIT_BRANCH:-none}, from $CI_MERGE_REQUEST_SOURCE_BRANCH_NAME to $CI_MERGE_REQUEST_TARGET_BRANCH_NAME"']
`);
  const result = await runPipeline({ ...options, event: 'merge_request', targetBranch: 'dev' });
  expect(logOf(result, 'shows')).toContain('branch none, from dev to dev');
});

test('the default branch is the one that the project says, and a fork is another project', async () => {
  const options = await tenant(`
shows:
  rules: [{ if: $CI_PIPELINE_SOURCE == "merge_request_event" }]
  script: ['echo "$CI_DEFAULT_BRANCH: $CI_MERGE_REQUEST_SOURCE_PROJECT_PATH into $CI_MERGE_REQUEST_PROJECT_PATH"']
`);
  const place = { ...options, projectPath: 'operations/lanterns', defaultBranch: 'main' };
  const result = await runPipeline({
    ...place,
    event: 'merge_request',
    targetBranch: 'dev',
    fork: 'somebody/lanterns',
  });
  expect(logOf(result, 'shows')).toContain('main: somebody/lanterns into operations/lanterns');
});

test.each([
  ['services', 'job odd: the local GitLab cannot do `services`', 'odd: { services: [redis], script: [echo] }'],
  [
    'artifacts: when: on_failure',
    'job odd: the local GitLab cannot do `artifacts: when: on_failure`',
    'odd: { script: [echo], artifacts: { when: on_failure, paths: [x] } }',
  ],
])('refuses %s, which gitlab-ci-local would leave out', async (_, message, pipeline) => {
  await expect(runPipeline(await tenant(pipeline))).rejects.toThrow(message);
});

test('a job with id_tokens needs an issuer', async () => {
  const { issuer: _, ...options } = await tenant('job: { id_tokens: { T: { aud: x } }, script: [echo] }');
  const result = await runPipeline(options);
  expect(statuses(result)).toEqual({ job: 'failed' });
  expect(logOf(result, 'job')).toContain('the job job wants an ID token, but there is no issuer');
});

test('an invalid pipeline is an error with the reason', async () => {
  await expect(runPipeline(await tenant('job: { script: [echo], needs: [absent] }'))).rejects.toThrow('absent');
});

test('a job that is run again when its pipeline has ended has its commit and its reports, or does not start', async () => {
  const options = {
    ...(await tenant(`
make:
  script: [echo "MADE=$CI_COMMIT_TITLE" > made.env]
  artifacts: { expire_in: never, reports: { dotenv: made.env } }
brief:
  script: [echo "BRIEF=$CI_COMMIT_TITLE" > brief.env]
  artifacts: { expire_in: 1 day, reports: { dotenv: brief.env } }
release:
  needs: [{ job: make, optional: true }]
  environment: { name: dev }
  script: ['echo "made $MADE in $CI_PIPELINE_ID"']
other:
  needs: [brief]
  script: ['echo "made $BRIEF"']
`)),
    project: new GitlabProject(),
  };
  await commit(options.tenantRepository, {}, 'older');
  const older = await startPipeline(options);
  const { pipelineId } = await older.result;
  await commit(options.tenantRepository, {}, 'newer');
  expect((await runPipeline(options)).status).toBe('success');

  const release = await older.retry('release', { expired: true });
  expect(statuses(release)).toEqual({ release: 'success' });
  expect(logOf(release, 'release')).toContain(`made older in ${pipelineId}`);
  const late = await older.retry('other', { expired: true });
  expect(statuses(late)).toEqual({ other: 'failed' });
  expect(logOf(late, 'other')).toContain('could not retrieve the needed artifacts of brief');
  expect(logOf(await older.retry('other'), 'other')).toContain('made older');
});
