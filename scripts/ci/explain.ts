import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { VendhostError } from '../errors.ts';
import { tableLines } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { jobFaults, structureFaults } from './configuration-faults.ts';
import { explainWarnings } from './explain-warnings.ts';
import { type ExplainedPipeline, pipelineFor, ruleOf } from './explained-pipeline.ts';
import { libraryVersion } from './library-version.ts';
import { comparedFiles, eventVariables, type Happening, isOfMergeRequest } from './pipeline-event.ts';
import { invalidPipeline, readPipelineFile } from './pipeline-file.ts';
import { decideRules, type Rule } from './rules/rule-decision.ts';

export interface ExplainOptions extends Omit<Happening, 'branch'> {
  readonly directory: string;
  /** Default: the branch that is checked out. */
  readonly branch: string | undefined;
}

/**
 * Prints which jobs GitLab's pipeline of an event has, and for each the rule that decided. Works offline: rules that read
 * variables of the project see none. Throws `CONFIG_INVALID` for what GitLab would refuse, `CONFIG_UNREADABLE` without a file.
 */
export async function explainPipeline({ out }: Runtime, options: ExplainOptions): Promise<undefined> {
  const { directory } = options;
  const files = await filesOf(directory);
  const branch = options.branch ?? (await branchOf(directory));
  const happening = { ...options, branch };
  const file = await readPipelineFile(directory, (rules) => isIncluded(rules, happening, files));
  const { configuration, notRead } = file;
  const doubts = structureFaults(configuration);
  const faults = [...jobFaults(configuration), ...(notRead.length === 0 ? doubts : [])];
  if (faults.length > 0) throw invalidPipeline('.gitlab-ci.yml', faults);
  for (const warning of explainWarnings(file, happening, libraryVersion())) out.warn(warning);
  for (const doubt of notRead.length === 0 ? [] : doubts) out.warn(`GitLab refuses, unless an include helps: ${doubt}`);
  const pipeline = pipelineFor(configuration, happening, files);
  const { event, target } = happening;
  out.result(
    { event, branch, ...(target === undefined ? {} : { target }), ...pipeline },
    explainedPage(happening, pipeline),
  );
}

/** `include:rules` see predefined variables only (https://docs.gitlab.com/ci/yaml/#includerules). */
function isIncluded(rules: readonly Rule[], happening: Happening, files: readonly string[]): boolean {
  return decideRules(rules, { variables: eventVariables(happening), changed: comparedFiles(happening), files }).runs;
}

/** How a job starts, if it does not start automatically. */
const starts: Readonly<Record<string, string>> = { manual: 'by hand', on_failure: 'after a failure', delayed: 'later' };

function explainedPage(happening: Happening, { created, why, jobs }: ExplainedPipeline): string {
  const { event, branch, target } = happening;
  const into = isOfMergeRequest(event) ? ` into ${target ?? 'another'}` : '';
  const title = `${event.replace('_', ' ')}, ${branch}${into}: ${created ? 'a pipeline' : 'no pipeline'} (${why})`;
  if (!created) return title;
  const rows = jobs.map((job) => [
    job.name,
    job.runs ? `${starts[job.when] ?? 'runs'}${job.copies === undefined ? '' : ` ×${job.copies}`}` : '-',
    job.runs ? job.environment : '',
    job.runs ? (job.needs ?? ['the stages before']).join(', ') : '',
    ruleOf(job),
  ]);
  return [title, '', ...tableLines([['job', '', 'environment', 'after', 'decided by'], ...rows])].join('\n');
}

async function branchOf(directory: string): Promise<string> {
  const head = await readFile(join(directory, '.git/HEAD'), 'utf8').catch(() => '');
  const branch = /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1];
  if (branch !== undefined) return branch;
  throw new VendhostError('USAGE', 'no branch is checked out', { hint: 'name the branch with --branch' });
}

/** Files of the checkout, for `rules:exists`; none without the folder. */
async function filesOf(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(directory, join(parentPath, name)))
    .filter((path) => !path.startsWith('.git/'));
}
