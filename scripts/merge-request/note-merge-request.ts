import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Environment } from '../config/environment.ts';
import { messageOf, VendhostError } from '../errors.ts';
import { reportLines } from '../report/lines.ts';
import { maskedReport } from '../report/masked-report.ts';
import type { Report } from '../report/report.ts';
import type { Runtime } from '../runtime.ts';
import { unseenSection } from './findings/planned-section.ts';
import { joinedReport } from './plan-report.ts';
import { platformHead } from './platform/platform-head.ts';
import { writeNote } from './write-note.ts';
import { type OutputFiles, writeOutputs } from './write-outputs.ts';

export interface NoteMergeRequestOptions extends Pick<OutputFiles, 'codeQuality' | 'junit' | 'page'> {
  /** Folder with what `mr plan --save` wrote, a file for each environment. */
  readonly plans: string;
  /** Environments that should have a plan; one without is reported as not known. */
  readonly environments: readonly Environment[];
  readonly title: string;
  readonly key: string;
}

/** One note for the plans of several jobs. It needs no permissions in AWS. Throws `PLAN_UNREADABLE`. */
export async function noteMergeRequest(runtime: Runtime, options: NoteMergeRequestOptions): Promise<undefined> {
  const { plans, environments, title, key, ...outputs } = options;
  const folder = resolve(runtime.cwd, plans);
  const files = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));
  if (files.length === 0 && environments.length === 0) throw unreadable(`no plan is in ${plans}`);
  const reports = await Promise.all(files.map((name) => readReport(join(folder, name))));
  const report = maskedReport(joinedReport(title, [...reports, ...missingReports(environments, reports)]), (text) =>
    runtime.out.masked(text),
  );
  await writeOutputs(runtime, report, [], outputs);
  await writeNote(runtime, report, { key, page: outputs.page, target: undefined });
  runtime.out.result({ report }, reportLines(report).join('\n'));
}

/** Replaces a plan that its job did not write. */
function missingReports(environments: readonly Environment[], reports: readonly Report[]): Report[] {
  const present = new Set(reports.flatMap(({ sections }) => sections.map(({ id }) => id)));
  return environments.flatMap((environment) => {
    const head = platformHead(environment);
    if (present.has(head.id)) return [];
    const next = `read the log of the job plan-${environment}, and retry it`;
    const { section } = unseenSection(head, 'the job wrote no plan', next);
    return [{ title: '', summary: '', sections: [section], facts: {} }];
  });
}

async function readReport(file: string): Promise<Report> {
  const text = await readFile(file, 'utf8').catch((thrown: unknown) => {
    throw unreadable(`cannot read ${file}: ${messageOf(thrown)}`);
  });
  const report = reportFrom(text);
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
