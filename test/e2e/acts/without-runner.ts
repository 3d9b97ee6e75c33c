import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { BatchGetBuildsCommand, CodeBuildClient, ListBuildsForProjectCommand } from '@aws-sdk/client-codebuild';
import { paces, poll } from '../../../scripts/aws/poll.ts';
import { names } from '../../../scripts/config/names.ts';
import type { Stage } from '../../acceptance/stage.ts';
import { operate } from '../../acceptance/steps.ts';
import { type GitServer, startGitServer } from '../../builders/git-server.ts';
import { clientConfig } from '../../local-cloud/clients.ts';
import { executeApiUrl } from '../../local-cloud/execute-api.ts';
import { git, projectRoot } from '../../local-gitlab/platform.ts';
import { commit, createRepository } from '../../local-gitlab/repository.ts';
import { defaultGitlab } from '../../local-gitlab/workspace.ts';
import { headersOf, payload } from '../../scripts/webhook/payloads.ts';
import { ask } from '../ask.ts';
import { devAccount, type World } from '../world.ts';

const project = 'acme/page';
const host = 'page.dev.example.com';
const place = { environment: 'dev', tenant: 'page' } as const;
const limitMs = 300_000;

/** Repositories as GitLab serves them, for deploy tokens; the platform's file gets their address, and what builds run. */
export async function serveRepositories({ directory, gitlab, owner }: World): Promise<GitServer> {
  const repositories = join(directory, 'repositories');
  await mkdir(repositories);
  const server = await startGitServer(repositories, (path, user, password) => {
    const found = gitlab.state.project(path);
    const tokens = found === undefined ? [] : gitlab.state.hooks.deployTokens(found);
    return tokens.some((each) => each.username === user && each.token === password);
  });
  const config = await readFile(join(owner.repository, 'platform.yml'), 'utf8');
  // Tokens of jobs are still from the GitLab that they know.
  const lines = [
    `gitlab: ${server.address}`,
    `issuer: ${defaultGitlab}`,
    `audience: ${defaultGitlab}`,
    'webhook: { image: registry.example.test/platform/vendhost:v0.1.0 }',
  ];
  const text = config.replace(`gitlab: ${defaultGitlab}`, lines.join('\n'));
  await owner.write({ 'platform.yml': text }, 'A webhook for projects without a runner');
  return server;
}

/** A tenant whose project has no runner: GitLab reports its pushes, and CodeBuild does what jobs do elsewhere. */
export async function withoutRunner(stage: Stage, world: World): Promise<void> {
  const { check, timeline } = stage;
  const file = `project: ${project}\nintake: webhook\nhosts:\n  dev: [${host}]\n`;
  await world.owner.write({ 'tenants/page.yml': file }, 'A tenant without a runner: page');
  await operate(stage, 'vend page', ['tenant', 'vend', 'page', '--environment', 'dev', '--protect-branches']);

  const repository = join(world.directory, 'page');
  const served = join(world.directory, 'repositories', `${project}.git`);
  await mkdir(served, { recursive: true });
  await git(served, ['init', '--quiet', '--bare']);
  await cp(join(projectRoot, 'examples/page'), repository, { recursive: true });
  await createRepository(repository, { '.gitlab-ci.yml': null }, 'dev');
  await reportPush(stage, world, { repository, served });
  for (const which of ['intake', 'machine'] as const) {
    await timeline.stage(`page: ${which}`, () => followBuild(stage, world, which, 1));
  }
  const first = await ask(world.cloud.router.https, host);
  check(first.status === 200, `https://${host} answers ${first.status}, from a machine that CodeBuild baked`);

  const page = await readFile(join(repository, 'software/index.html'), 'utf8');
  const text = page.replace('every dark corner', 'every long night');
  await commit(repository, { 'software/index.html': text }, 'Say how it came here');
  await reportPush(stage, world, { repository, served });
  await timeline.stage('page: revision', () => followBuild(stage, world, 'intake', 2));
  await timeline.stage('page: release', () => untilAnswered(stage, world, 'every long night'));
  check(true, 'software only: CodeBuild makes the revision, EventBridge starts the pipeline, the new page answers');
}

interface Repositories {
  readonly repository: string;
  /** The same on GitLab's side. */
  readonly served: string;
}

/** Pushes, and calls the project's webhook as GitLab does. */
async function reportPush({ say, check }: Stage, world: World, { repository, served }: Repositories): Promise<void> {
  await git(repository, ['push', '--quiet', served, 'dev']);
  const after = await git(repository, ['rev-parse', 'HEAD']);
  const { state } = world.gitlab;
  const made = state.project(project);
  const [hook] = made === undefined ? [] : state.hooks.hooks(made);
  if (made === undefined || hook === undefined) throw new Error(`vending made no webhook of ${project}`);
  const event = {
    ...JSON.parse(payload('push')),
    project_id: made.id,
    user_name: 'Developer',
    ref: 'refs/heads/dev',
    after,
    checkout_sha: after,
  };
  const headers = headersOf({ 'X-Gitlab-Token': hook.token, 'Idempotency-Key': crypto.randomUUID() });
  say(`  $ git push origin dev, and GitLab: POST ${hook.url}`);
  const { status } = await fetch(executeApiUrl(world.cloud.endpoint, hook.url), {
    ...{ method: 'POST', headers: headers as Record<string, string>, body: JSON.stringify(event) },
  });
  check(status === 202, `the webhook answers ${status}`);
}

/** Waits for the end of the build that is the so-manieth of its project, and shows its log. */
async function followBuild(
  { say, check, signal }: Stage,
  { cloud }: World,
  which: 'intake' | 'machine',
  count: number,
): Promise<void> {
  const client = new CodeBuildClient(clientConfig(cloud.endpoint, devAccount));
  const projectName = names.buildProject(place, which);
  const build = await poll({
    what: `build ${count} of ${projectName}`,
    ...{ pace: paces.localCloud, limitMs, signal },
    check: async () => {
      const { ids = [] } = await client.send(new ListBuildsForProjectCommand({ projectName }));
      if (ids.length < count) return undefined;
      const { builds = [] } = await client.send(new BatchGetBuildsCommand({ ids: ids.slice(0, 1) }));
      return builds[0]?.buildComplete === true ? builds[0] : undefined;
    },
  });
  const logs = new CloudWatchLogsClient(clientConfig(cloud.endpoint, devAccount));
  const { groupName, streamName } = build.logs ?? {};
  const { events = [] } = await logs.send(
    new GetLogEventsCommand({ logGroupName: groupName, logStreamName: streamName, startFromHead: true }),
  );
  for (const { message = '' } of events) {
    const line = message.trimEnd();
    // CodeBuild's own lines say when each phase began and ended.
    if (!line.startsWith('[Container]')) say(`  ${which.padEnd(7)} │ ${line}`);
  }
  check(build.buildStatus === 'SUCCEEDED', `CodeBuild: ${projectName} ${build.buildStatus}`);
}

async function untilAnswered({ signal }: Stage, { cloud }: World, text: string): Promise<void> {
  await poll({
    what: `the new page of ${host}`,
    ...{ pace: paces.localCloud, limitMs, signal },
    check: async () => ((await ask(cloud.router.https, host)).body.includes(text) ? true : undefined),
  });
}
