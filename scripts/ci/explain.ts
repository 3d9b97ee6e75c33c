import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { VendhostError } from '../errors.ts';
import { tableLines } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import { type ExplainedPipeline, pipelineOf, ruleOf } from './pipeline.ts';
import { type Happening, isOfMergeRequest } from './pipeline-event.ts';
import { invalid, type PipelineFile, readPipelineFile } from './pipeline-file.ts';

export interface ExplainOptions extends Omit<Happening, 'branch'> {
  readonly directory: string;
  /** Default: the branch that is checked out. */
  readonly branch: string | undefined;
}

/**
 * Says which jobs GitLab's pipeline of an event has, and for each the rule that decided. Asks nobody: rules that look at
 * variables of the project see none.
 */
export async function explainPipeline({ out }: Runtime, options: ExplainOptions): Promise<undefined> {
  const file = await readPipelineFile(options.directory);
  for (const warning of warnings(file)) out.warn(warning);
  const happening = { ...options, branch: options.branch ?? (await branchOf(options.directory)) };
  const pipeline = explainedBy(file, happening, await filesOf(options.directory));
  const { event, branch, target } = happening;
  out.result({ event, branch, ...(target === undefined ? {} : { target }), ...pipeline }, pageOf(happening, pipeline));
}

function explainedBy({ configuration }: PipelineFile, happening: Happening, files: string[]): ExplainedPipeline {
  try {
    return pipelineOf(configuration, happening, files);
  } catch (error) {
    throw error instanceof SyntaxError ? invalid('.gitlab-ci.yml', [error.message]) : error;
  }
}

function warnings({ templates, notRead }: PipelineFile): string[] {
  const none = templates.length === 0 ? ['.gitlab-ci.yml includes no template of Vendhost'] : [];
  const others = notRead.map(
    (include) => `only GitLab can read the include ${include}: its jobs and rules are missing here`,
  );
  return [...none, ...others];
}

function pageOf(happening: Happening, { created, why, jobs }: ExplainedPipeline): string {
  const { event, branch, target } = happening;
  const into = isOfMergeRequest(event) ? ` into ${target ?? 'another'}` : '';
  const title = `${event.replace('_', ' ')}, ${branch}${into}: ${created ? 'a pipeline' : 'no pipeline'} (${why})`;
  if (!created) return title;
  const rows = jobs.map((job) => [
    job.name,
    job.runs ? (job.when === 'manual' ? 'by hand' : 'runs') : '-',
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

/** Files of the checkout, for `rules:exists`. */
async function filesOf(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(directory, join(parentPath, name)))
    .filter((path) => !path.startsWith('.git/'));
}
