import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { VendhostError } from '../errors.ts';
import { reportLines } from '../report/lines.ts';
import type { Report } from '../report/report.ts';
import type { Runtime } from '../runtime.ts';
import { joinedReport } from './plan-report.ts';
import { writeNote } from './write-note.ts';
import { writeOutputs } from './write-outputs.ts';

export interface NoteMergeRequestOptions {
  /** Files that `mr plan --save` wrote, one for each environment. */
  readonly plans: readonly string[];
  readonly title: string;
  readonly key: string;
  /** File for the plan as an HTML page. */
  readonly page: string | undefined;
}

/** One note for the plans of several jobs, in the order of the files. It needs no right in AWS. Throws `PLAN_UNREADABLE`. */
export async function noteMergeRequest(runtime: Runtime, options: NoteMergeRequestOptions): Promise<undefined> {
  const reports = await Promise.all(options.plans.map((file) => readReport(runtime, file)));
  const report = joinedReport(options.title, reports);
  await writeOutputs(runtime, report, [], { page: options.page });
  await writeNote(runtime, report, { key: options.key, page: options.page, target: undefined });
  runtime.out.result({ report }, reportLines(report).join('\n'));
}

async function readReport({ cwd }: Runtime, file: string): Promise<Report> {
  const text = await readFile(resolve(cwd, file), 'utf8').catch(() => undefined);
  const parsed = text === undefined ? undefined : reportFrom(text);
  if (parsed !== undefined) return parsed;
  throw new VendhostError('PLAN_UNREADABLE', `${file} ${text === undefined ? 'cannot be read' : 'is not a plan'}`, {
    hint: 'give it files that `vendhost mr plan --save` wrote, in a job that needs the jobs which did',
  });
}

function reportFrom(text: string): Report | undefined {
  try {
    const value = JSON.parse(text) as Partial<Report> | null;
    return Array.isArray(value?.sections) && value.facts !== undefined ? (value as Report) : undefined;
  } catch {
    return undefined;
  }
}
