import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  DeleteRuleCommand,
  DescribeListenersCommand,
  DescribeLoadBalancersCommand,
  DescribeRulesCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { driftByHand } from '../acceptance/drift-by-hand.ts';
import { deployPlatform, firstPush, sameCommit, secondPush } from '../acceptance/journey.ts';
import type { Stage } from '../acceptance/stage.ts';
import { pipeline } from '../acceptance/steps.ts';
import { clientConfig } from '../local-cloud/clients.ts';
import { accountEnvironment } from '../local-cloud/start.ts';
import { thisStarter, whyNoDemo } from '../setup/whole-machine.ts';
import { approveProduction } from './acts/approve-production.ts';
import { nameAgain } from './acts/name-again.ts';
import { takeOut, vendByMerge } from './acts/vend-by-merge.ts';
import { serveRepositories, withoutRunner } from './acts/without-runner.ts';
import { localSite } from './local-site.ts';
import { Timeline } from './timeline.ts';
import { devAccount, startWorld, type World } from './world.ts';

const usage = `npm run demo [-- --keep]

A platform of three environments, and on it a tenant that a merge request brings: a push to dev becomes a running virtual host, and one to
master waits for a person. Then a tenant whose project has no runner, and one that goes; on this machine only.

  --keep   leave everything running at the end, until Ctrl-C
`;
const host = 'shop.dev.example.com';
const platformProject = 'operations/lanterns';

const say = (line = '') => void process.stdout.write(`${line}\n`);
const timeline = new Timeline();

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { keep: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) return say(usage);
  const unable = whyNoDemo(thisStarter());
  if (unable !== undefined) throw new Error(unable);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
  }
  heading('Set up: packages, local cloud, local GitLab');
  const world = await timeline.stage('set up', () => startWorld((line) => say(`  ${line}`)));
  const repositories = await serveRepositories(world);
  try {
    say(`  AWS answers at ${world.cloud.endpoint}, GitLab's API at ${world.gitlab.api}`);
    await journey(world, stopping.signal);
    summary(world, values.keep === true);
    if (values.keep) await keep(stopping.signal);
  } finally {
    say('  cleaning up');
    await repositories.stop();
    await world.stop();
  }
}

async function journey(world: World, signal: AbortSignal): Promise<void> {
  const stage: Stage = { site: localSite(world, (line) => say(`  ${line}`)), timeline, signal, say, check };
  const shop = await takeOut(world);
  heading('The platform owner deploys dev, staging and production: by hand, this once');
  await deployPlatform(stage, ['--all']);

  heading("A merge request of the platform's project: the tenant shop, and dev keeps its access logs longer");
  await vendByMerge(stage, world, shop);

  heading('First push to dev: image, virtual host, release');
  const first = await firstPush(stage);

  heading('Second push to dev: software only');
  await secondPush(stage, first);

  heading("What the tenant's own jobs may not do, whatever their script calls");
  check((await deleteRule(world)) === 'AccessDenied', 'deleting the listener rule of its host: AccessDenied');

  heading("A tenant's merge request into dev: what its push will do, before the merge");
  const smaller = (await readFile(join(world.repository, 'vendhost.yml'), 'utf8')).replace(
    /^health_check:/m,
    'database:\n  class: db.t3.small\nhealth_check:',
  );
  await pipeline(stage, 'merge request of shop', ['validate', 'plan'], async (watch) => {
    return (await world.propose('larger-database', { 'vendhost.yml': smaller }, 'A larger database', watch)).result;
  });
  showNote(world);

  heading('The drift check of a night: a change that somebody made by hand');
  const { state } = world.gitlab;
  const project = state.project(platformProject) ?? state.addProject(platformProject);
  await driftByHand(stage, {
    env: { CI_PROJECT_ID: platformProject, CI_SERVER_URL: world.gitlab.address },
    issues: () => state.discussions.issues(project),
  });

  heading('The same commit once more');
  await sameCommit(stage);

  heading('A push to master: production waits for an approval, and a job of another project gives it');
  await approveProduction(stage, world);

  heading('A second tenant, page, whose project has no runner: a webhook and CodeBuild do what jobs do');
  await withoutRunner(stage, world);

  heading('A third tenant, fair, goes, and another project gets its name and its host');
  await nameAgain(stage, world);
}

/** The one note of the merge request, as GitLab would show it but for its markup. */
function showNote(world: World): void {
  const [project] = world.gitlab.state.projects();
  const notes = (project && world.gitlab.state.discussions.notes(project, 7)) ?? [];
  check(notes.length === 1, 'the merge request has one note');
  const [note] = notes;
  for (const line of (note?.body ?? '').split('\n')) say(`    ${line}`);
  check(/DBInstanceClass: the database restarts/.test(note?.body ?? ''), 'it says that the database restarts');
}

/** The error that AWS answers when a job of the tenant's deletes a listener rule. */
async function deleteRule(world: World): Promise<string | undefined> {
  const administrator = new ElasticLoadBalancingV2Client(clientConfig(world.cloud.endpoint, devAccount));
  const { LoadBalancers: [balancer] = [] } = await administrator.send(new DescribeLoadBalancersCommand({}));
  const { Listeners = [] } = await administrator.send(
    new DescribeListenersCommand({ LoadBalancerArn: balancer?.LoadBalancerArn }),
  );
  const ListenerArn = Listeners.find(({ Port }) => Port === 443)?.ListenerArn;
  const { Rules = [] } = await administrator.send(new DescribeRulesCommand({ ListenerArn }));
  const RuleArn = Rules.find(({ Priority }) => Priority === '1')?.RuleArn;
  const job = await (await world.job()).elb();
  return await job.send(new DeleteRuleCommand({ RuleArn })).then(
    () => undefined,
    (error: Error) => error.name,
  );
}

function summary(world: World, kept: boolean): void {
  heading(`Done in ${timeline.seconds.toFixed(0)} s`);
  for (const line of timeline.lines()) say(`  ${line}`);
  say(kept ? '\n  Places to look:' : '\n  Places to look, when it is left running with: npm run demo -- --keep');
  say(`  the shop        curl --header 'Host: ${host}' ${world.cloud.router.https}/`);
  say(`  the page        curl --header 'Host: page.dev.example.com' ${world.cloud.router.https}/`);
  say('                  (the HTTPS listener is served as plain HTTP here)');
  say('  AWS             (any program of AWS, in a shell with these; the key is the account)');
  for (const [name, value] of Object.entries(accountEnvironment(world.cloud, devAccount))) {
    if (name.startsWith('AWS_')) say(`                  export ${name}=${value}`);
  }
  say(`  job logs, files ${world.directory}`);
}

async function keep(signal: AbortSignal): Promise<void> {
  say();
  say(`  All of it keeps running. To stop it: Ctrl-C, or kill ${process.pid}`);
  const alive = setInterval(() => undefined, 60_000);
  if (!signal.aborted) await once(signal, 'abort');
  clearInterval(alive);
}

function heading(text: string): void {
  say(`\n■ ${text}`);
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`not so: ${what}`);
  say(`  ✓ ${what}`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
