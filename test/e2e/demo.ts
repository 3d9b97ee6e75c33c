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
import { clientConfig } from '../local-cloud/clients.ts';
import type { Files } from '../local-gitlab/repository.ts';
import type { PipelineOptions, PipelineResult, RunningPipeline } from '../local-gitlab/run.ts';
import { whyNoDemo } from '../setup/whole-machine.ts';
import { type Answer, ask } from './ask.ts';
import { driftByHand } from './drift-by-hand.ts';
import { Timeline } from './timeline.ts';
import { devAccount, startWorld, type World } from './world.ts';

const usage = `npm run demo [-- --keep]

A platform of three environments, and on it a push to dev that becomes a running virtual host, on this machine only.

  --keep   leave everything running at the end, until Ctrl-C
`;
const host = 'shop.dev.example.com';
/** gitlab-ci-local says so every ten seconds. */
const runnersOwn = 'still running...';
const eachOf = (job: string) => ['dev', 'staging', 'production'].map((environment) => `${job}-${environment}`);
const page = 'software/app/templates/page.html';

const say = (line = '') => void process.stdout.write(`${line}\n`);
const timeline = new Timeline();

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { keep: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } });
  if (values.help) return say(usage);
  const unable = whyNoDemo({ platform: process.platform, uid: process.getuid?.() });
  if (unable !== undefined) throw new Error(unable);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => stopping.abort(new Error(`stopped by ${signal}`)));
  }
  heading('Set up: packages, local cloud, local GitLab');
  const world = await timeline.stage('set up', () => startWorld((line) => say(`  ${line}`)));
  try {
    say(`  AWS answers at ${world.cloud.endpoint}, GitLab's API at ${world.gitlab.api}`);
    await journey(world, stopping.signal);
    summary(world, values.keep === true);
    if (values.keep) await keep(stopping.signal);
  } finally {
    say('  cleaning up');
    await world.stop();
  }
}

async function journey(world: World, signal: AbortSignal): Promise<void> {
  heading('The platform owner deploys dev, staging and production: by hand, this once');
  const all = ['platform', 'deploy', '--all'];
  await operate(world, 'platform', signal, all);
  const repeated = await operate(world, 'platform again', signal, all);
  check(
    /no change/i.test(repeated) && !/created|updated/.test(repeated),
    'a second time it changes nothing and says so',
  );

  heading("A merge request of the platform's project: dev keeps its access logs longer");
  const config = await readFile(join(world.owner.repository, 'platform.yml'), 'utf8');
  const change = {
    'platform.yml': config.replace('cidr: 10.10.0.0/16', 'cidr: 10.10.0.0/16\n    retention_days: {access: 180}'),
  };
  await pipeline('merge request', signal, ['validate', ...eachOf('plan'), 'note'], (options) =>
    world.owner.propose('log-longer', change, 'Keep access logs of dev for half a year', options),
  );
  await pipeline('merge', signal, ['validate', ...eachOf('prepare'), 'deploy-dev'], (options) =>
    world.owner.merge('log-longer', options),
  );

  heading('The platform owner vends the tenant shop');
  await operate(world, 'vend', signal, ['tenant', 'vend', 'shop', '--environment', 'dev', '--protect-branches']);

  heading('First push to dev: image, virtual host, release');
  await push(world, 'push 1', signal, ['validate', 'bake', 'provision', 'package', 'release']);
  const first = await timeline.stage('ask', () => askLoadBalancer(world));

  const order = await ask(world.cloud.router.https, host, '/orders', { product: 'storm', customer: 'Ada Lux' });
  check(order.status === 303, 'a customer orders: the shop keeps it in its database');

  heading('Second push to dev: software only');
  const text = await readFile(join(world.repository, page), 'utf8');
  const files = { [page]: text.replace('every dark corner', 'every long night') };
  const everyJob = ['validate', 'bake', 'provision', 'package', 'release'];
  await push(world, 'push 2', signal, everyJob, files);
  const second = await ask(world.cloud.router.https, host);
  check(second.body.includes('every long night'), 'the new page answers');
  check(revisionOf(second) !== revisionOf(first), `with revision ${revisionOf(second)}`);
  const { body } = await ask(world.cloud.router.https, host, '/orders');
  check(body.includes('storm for Ada Lux'), 'and shows the order that the first one took');

  heading("What the tenant's own jobs may not do, whatever their script calls");
  check((await deleteRule(world)) === 'AccessDenied', 'deleting the listener rule of its host: AccessDenied');

  heading("A tenant's merge request into dev: what its push will do, before the merge");
  const smaller = (await readFile(join(world.repository, 'vendhost.yml'), 'utf8')).replace(
    /^health_check:/m,
    'database:\n  class: db.t3.small\nhealth_check:',
  );
  await pipeline('merge request of shop', signal, ['validate', 'plan'], (options) =>
    world.propose('larger-database', { 'vendhost.yml': smaller }, 'A larger database', options),
  );
  showNote(world);

  heading('The drift check of a night: a change that somebody made by hand');
  await driftByHand({ world, timeline, signal, say, check });

  heading('The same commit once more');
  const again = await push(world, 'push 3', signal, everyJob);
  check(/image exists/i.test(logOf(again, 'bake')), 'bake finds the image and says so');
  check(/no change/i.test(logOf(again, 'provision')), 'provision changes nothing and says so');
  check(/nothing uploaded/i.test(logOf(again, 'package')), 'package uploads nothing and says so');
  check(/nothing to release/i.test(logOf(again, 'release')), 'release deploys nothing and says so');
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

async function operate(world: World, stage: string, signal: AbortSignal, words: string[]): Promise<string> {
  say(`  $ vendhost ${words.join(' ')}`);
  let resources = 0;
  const onLine = (line: string) => {
    if (/^\s+\S+: created /.test(line)) resources += 1;
    // What a new stack is made of, type by type.
    else if (!/^\s+\+ \d+ /.test(line)) say(`    ${line}`);
  };
  const result = await timeline.stage(stage, () => world.operate(words, { onLine, signal }));
  say(`    (${resources} resources created)`);
  signal.throwIfAborted();
  if (result.exitCode !== 0) throw new Error(`vendhost ${words.join(' ')} ended with ${result.exitCode}`);
  return String(result.all);
}

async function push(
  world: World,
  name: string,
  signal: AbortSignal,
  jobs: readonly string[],
  files?: Files,
): Promise<PipelineResult> {
  return await pipeline(name, signal, jobs, (options) =>
    files ? world.push(files, 'Say it better', options) : world.pushAgain(options),
  );
}

/** Starts a pipeline, shows what its jobs say, and checks which jobs there were. */
async function pipeline(
  name: string,
  signal: AbortSignal,
  jobs: readonly string[],
  start: (options: Partial<PipelineOptions>) => Promise<RunningPipeline>,
): Promise<PipelineResult> {
  const width = Math.max(...jobs.map((job) => job.length));
  const started = new Map<string, number>();
  const options = {
    signal,
    onLine: ({ job, text }: { job: string; text: string }) => {
      if (text !== runnersOwn) say(`  ${job.padEnd(width)} │ ${text}`);
    },
    onJob: ({ job, status, durationMs }: { job: string; status: string; durationMs: number }) => {
      if (status === 'running') return started.set(job, performance.now());
      say(`  ${job.padEnd(width)} └ ${status}, ${(durationMs / 1000).toFixed(1)} s`);
      return timeline.add(`${name}: ${job}`, started.get(job) ?? performance.now(), durationMs);
    },
  };
  const result = await (await start(options)).result;
  signal.throwIfAborted();
  if (result.status !== 'success') throw new Error(`${name}: the pipeline ${result.status}`);
  const ran = result.jobs.filter((job) => job.status !== 'manual').map((job) => job.name);
  check(ran.join() === jobs.join(), `jobs: ${jobs.join(', ')}`);
  const waiting = result.jobs.filter((job) => job.status === 'manual').map((job) => job.name);
  if (waiting.length > 0) say(`    (for a person to start: ${waiting.join(', ')})`);
  return result;
}

async function askLoadBalancer(world: World): Promise<Answer> {
  const { http, https } = world.cloud.router;
  const [shop, unknown, plain] = await Promise.all([
    ask(https, host),
    ask(https, 'nobody.dev.example.com'),
    ask(http, host),
  ]);
  check(
    shop.status === 200,
    `https://${host} answers ${shop.status}: ${revisionOf(shop)} on ${shop.headers['x-instance']}`,
  );
  check(
    unknown.status === 503 && unknown.body === 'host not found',
    `an unknown host answers ${unknown.status} "${unknown.body}"`,
  );
  check(
    plain.status === 301 && String(plain.headers.location).startsWith(`https://${host}`),
    `port 80 answers ${plain.status} to ${plain.headers.location}`,
  );
  return shop;
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
  say('                  (the HTTPS listener is served as plain HTTP here)');
  say(`  AWS             AWS_ENDPOINT_URL=${world.cloud.endpoint} aws cloudformation describe-stacks`);
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

function revisionOf(answer: Answer): string {
  return String(answer.headers['x-revision']).slice(0, 12);
}

function logOf(result: PipelineResult, job: string): string {
  return result.jobs.find(({ name }) => name === job)?.log ?? '';
}

try {
  await main();
} catch (error) {
  process.stderr.write(`demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
