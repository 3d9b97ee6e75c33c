import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { VendhostError } from '../errors.ts';
import { reportLines } from '../report/lines.ts';
import { maskedReport } from '../report/masked-report.ts';
import type { Report } from '../report/report.ts';
import type { Runtime } from '../runtime.ts';
import { joinedReport } from './plan-report.ts';
import { writeNote } from './write-note.ts';
import { type OutputFiles, writeOutputs } from './write-outputs.ts';

export interface NoteMergeRequestOptions extends Pick<OutputFiles, 'codeQuality' | 'junit' | 'page'> {
  /** Folder with what `mr plan --save` wrote, a file for each environment. */
  readonly plans: string;
  readonly title: string;
  readonly key: string;
}

/** One note for the plans of several jobs. It needs no right in AWS. Throws `PLAN_UNREADABLE`. */
export async function noteMergeRequest(runtime: Runtime, options: NoteMergeRequestOptions): Promise<undefined> {
  const { plans, title, key, ...outputs } = options;
  const folder = resolve(runtime.cwd, plans);
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));
  if (files.length === 0) throw unreadable(`no plan is in ${plans}`);
  const reports = await Promise.all(files.map((name) => readReport(join(folder, name))));
  const report = maskedReport(joinedReport(title, reports), (text) => runtime.out.masked(text));
  await writeOutputs(runtime, report, [], outputs);
  await writeNote(runtime, report, { key, page: outputs.page, target: undefined });
  runtime.out.result({ report }, reportLines(report).join('\n'));
}

async function readReport(file: string): Promise<Report> {
  const report = reportFrom(await readFile(file, 'utf8'));
  if (report === undefined) throw unreadable(`${file} is not a plan`);
  return report;
}

function unreadable(message: string): VendhostError {
  return new VendhostError('PLAN_UNREADABLE', message, {
    hint: 'name the folder with what `vendhost mr plan --save` wrote, in a job that needs the jobs which did',
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
