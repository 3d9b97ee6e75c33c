import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { awsError } from '../../scripts/aws/foreseen-errors.ts';
import { findingRows, hintLines } from '../../scripts/doctor/finding.ts';
import { Cancelled, messageOf, VendhostError } from '../../scripts/errors.ts';
import { Output, tableLines } from '../../scripts/output.ts';
import type { Runtime } from '../../scripts/runtime.ts';
import { version } from '../local-gitlab/platform.ts';
import { estimateLines, hourlyCosts } from './estimate.ts';
import { kitReport, type Part, writeKitReport } from './kit-report.ts';
import { type KitParts, kitSite } from './kit-site.ts';
import { checkMarker } from './marker.ts';
import { openKit } from './open-kit.ts';
import { preflight } from './preflight.ts';
import { type NotRemoved, removeAll } from './remove.ts';
import { runKit } from './run-kit.ts';
import type { Site } from './stage.ts';

const usage = `npm run acceptance -- [options]

The demo's path in a real AWS account and a real GitLab project: an environment, a tenant, two pushes, drift; then all of it is
removed, also after a failure or Ctrl-C. IT COSTS MONEY: what, is said before it asks. docs/acceptance.md says what it needs.

  --config FILE   account, region, domain, certificate, GitLab, project (default: acceptance.yml; VENDHOST_ACCEPTANCE_… before it)
  --report DIR    where acceptance.json and acceptance.html go (default: acceptance-report)
  --preflight     only look whether everything is there
  --cleanup       only remove what a killed run left
  --yes           do not ask

The token of a Maintainer of the project is in VENDHOST_GITLAB_TOKEN; AWS credentials are where the AWS SDK looks for them.
`;
/** What the estimate is for: expected, not measured. */
const expectedHours = 3;

const say = (line: string) => void process.stdout.write(`${line}\n`);
const out = new Output({ stdout: (text) => process.stdout.write(text), stderr: (text) => process.stdout.write(text) });

/** A first signal stops the run, and it is cleaned up; the next one stops that as well. */
const running = new AbortController();
const removing = new AbortController();
let phase = running;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (phase === removing) say('stopping: run it again with --cleanup');
    phase.abort(new Cancelled(signal));
  });
}

const runtimeOf = ({ signal }: AbortController): Runtime => ({ env: process.env, cwd: process.cwd(), out, signal });

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string', default: 'acceptance.yml' },
      report: { type: 'string', default: 'acceptance-report' },
      preflight: { type: 'boolean' },
      cleanup: { type: 'boolean' },
      yes: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-acceptance-'));
  try {
    const kit = { file: resolve(values.config), directory, removing: removing.signal };
    const parts = await openKit(runtimeOf(running), say, kit);
    const site = kitSite(parts);
    const started = new Date();
    if (values.cleanup) {
      await confirm(parts, values.yes === true, 'remove everything that is called vendhost-dev… there');
      await checkMarker(parts);
      return await finish(parts, site, { ran: [], started, directory: resolve(values.report) });
    }
    const isReady = await looked(parts, site);
    if (values.preflight || !isReady) return isReady ? 0 : 1;
    for (const line of estimateLines(hourlyCosts(), expectedHours)) say(`  ${line}`);
    await confirm(parts, values.yes === true, 'create this there, and remove it at the end');
    running.signal.throwIfAborted();
    const ran = await runKit(parts, site, runtimeOf(running));
    return await finish(parts, site, { ran, started, directory: resolve(values.report) });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function looked(parts: KitParts, site: Site): Promise<boolean> {
  say('■ Is everything there?');
  const findings = await preflight(parts, site, running.signal);
  for (const line of tableLines(findingRows(findings))) say(`  ${line}`);
  for (const line of hintLines(findings)) say(`  hint: ${line}`);
  const faults = findings.filter(({ status }) => status === 'fault').length;
  if (faults > 0) say(`\n${faults} of ${findings.length} checks failed; nothing was created`);
  return faults === 0;
}

/** The account's number is typed: a yes is given too easily. */
async function confirm({ settings }: KitParts, isYes: boolean, what: string): Promise<void> {
  const { account, region } = settings;
  if (isYes) return;
  const hint = `type the number of the account, ${account}; or give --yes`;
  if (!process.stdin.isTTY) throw new VendhostError('NOT_CONFIRMED', `nobody can answer whether to ${what}`, { hint });
  // Lines come from the terminal itself, so that ^C stays a signal; ^D ends the input without an answer.
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
  const ended = once(lines, 'close').then(() => '');
  const question = `\nAccount ${account}, ${region}: ${what}? Type the account's number: `;
  const answer = await Promise.race([lines.question(question, { signal: running.signal }), ended])
    .catch(() => '')
    .finally(() => lines.close());
  running.signal.throwIfAborted();
  if (answer.trim() !== account) {
    throw new VendhostError('NOT_CONFIRMED', `"${answer.trim()}" is not ${account}: nothing was done`, { hint });
  }
}

interface Ending {
  readonly ran: readonly Part[];
  readonly started: Date;
  readonly directory: string;
}

/** Removes everything, writes the report, and returns the exit code. */
async function finish(parts: KitParts, site: Site, { ran, started, directory }: Ending): Promise<number> {
  const { settings, aws, kit } = parts;
  const facts = {
    Account: settings.account,
    Region: settings.region,
    GitLab: settings.gitlab,
    Project: settings.project,
    Version: await version(),
    Cloud: aws.isLocalCloud ? 'the local cloud: not AWS' : 'AWS',
    Started: started.toISOString(),
  };
  const write = async (notRemoved?: readonly NotRemoved[]) => {
    const times = { ...facts, Ended: new Date().toISOString() };
    const report = kitReport({ parts: ran, ...(notRemoved && { notRemoved }), facts: times });
    return { report, page: await writeKitReport(directory, report, (text) => out.masked(text)) };
  };
  phase = removing;
  // Removal takes long, and may be killed; a folder that cannot be written must not prevent it.
  await write().catch((error: unknown) => say(`no report yet: ${messageOf(error)}`));
  say('\n■ Everything is removed');
  const runtime = runtimeOf(removing);
  const quiet = (line: string) => say(`  ${line}`);
  const limit = AbortSignal.timeout(settings.limits_minutes.removal * 60_000);
  const signal = AbortSignal.any([removing.signal, limit]);
  const work = removeAll({ runtime: { ...runtime, signal }, aws, kit, site, say: quiet });
  const notRemoved = await work.catch((error: unknown): NotRemoved[] => [
    { what: 'what was not looked at any more', why: messageOf(error) },
  ]);
  for (const { what, why } of notRemoved) say(`  ✗ ${what} is left: ${why}`);
  const { report, page } = await write(notRemoved);
  say(`\n${report.summary}\nreport: ${page}`);
  if (running.signal.aborted) return (running.signal.reason as Cancelled).exitCode;
  return report.sections.every(({ state }) => state === 'clean') ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  const error = awsError(thrown, process.env) ?? thrown;
  const isForeseen = error instanceof VendhostError;
  process.stderr.write(`acceptance failed: ${out.masked(messageOf(error))}\n`);
  if (isForeseen) for (const line of error.details) process.stderr.write(`  ${line}\n`);
  if (isForeseen) process.stderr.write(`hint: ${error.hint}\n`);
  process.exitCode = isForeseen ? error.exitCode : 1;
}
