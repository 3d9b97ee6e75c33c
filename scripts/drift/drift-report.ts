import { junitOf } from '../report/junit.ts';
import { pageOf } from '../report/page.ts';
import type { Report, ReportSection } from '../report/report.ts';
import { writeReportFile } from '../report/write-report.ts';
import type { Runtime } from '../runtime.ts';

/** The report of a check; the facts are those of the job, as far as there is one. */
export function driftReport(sections: readonly ReportSection[], { env }: Pick<Runtime, 'env'>, now: Date): Report {
  const facts = {
    Project: env.CI_PROJECT_PATH,
    Pipeline: env.CI_PIPELINE_URL,
    Checked: now.toISOString().replace(/\.\d+Z$/, 'Z'),
  };
  const given = Object.entries(facts).filter((fact): fact is [string, string] => fact[1] !== undefined);
  return { title: 'Drift', summary: summaryOf(sections), sections, facts: Object.fromEntries(given) };
}

function summaryOf(sections: readonly ReportSection[]): string {
  const count = (state: ReportSection['state']) => sections.filter((section) => section.state === state).length;
  const found = count('found');
  const unknown = count('unknown');
  const drift = found === 0 ? 'no drift found' : `drift found in ${found} of ${sections.length}`;
  return `${drift}${unknown === 0 ? '' : `, ${unknown} could not be checked`}: ${count('clean')} are as they should be`;
}

export interface ReportFiles {
  readonly junit: string | undefined;
  readonly page: string | undefined;
}

/** Writes the report for GitLab's test tab and for people. Throws `REPORT_UNWRITABLE`. */
export async function writeReports(runtime: Runtime, report: Report, { junit, page }: ReportFiles): Promise<void> {
  await writeReportFile(runtime, junit, () => junitOf(report));
  await writeReportFile(runtime, page, () => pageOf(report));
}
