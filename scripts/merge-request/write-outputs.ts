import { codeQualityOf } from '../report/code-quality.ts';
import { junitOf } from '../report/junit.ts';
import { pageOf } from '../report/page.ts';
import type { Report } from '../report/report.ts';
import { terraformReport } from '../report/terraform-report.ts';
import { writeReportFile } from '../report/write-report.ts';
import type { Runtime } from '../runtime.ts';
import type { StackPlan } from '../stack/stack-plan.ts';
import { checksOf } from './plan-report.ts';

/** Files that a plan is written to; paths are from the working directory. */
export interface OutputFiles {
  /** GitLab's Terraform report, from which a merge request counts what is added, changed and deleted. */
  readonly report?: string | undefined;
  readonly codeQuality?: string | undefined;
  readonly junit?: string | undefined;
  /** HTML. */
  readonly page?: string | undefined;
  /** The report as JSON, for `vendhost mr note`. */
  readonly save?: string | undefined;
}

/** Writes the requested files. Throws `REPORT_UNWRITABLE`. */
export async function writeOutputs(
  runtime: Runtime,
  report: Report,
  stacks: readonly StackPlan[],
  files: OutputFiles,
): Promise<void> {
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  const write = (file: string | undefined, text: () => string) => writeReportFile(runtime, file, text);
  await Promise.all([
    write(files.report, () => json(terraformReport(stacks))),
    write(files.codeQuality, () => json(codeQualityOf(report))),
    write(files.junit, () => junitOf(checksOf(report))),
    write(files.page, () => pageOf(report)),
    write(files.save, () => json(report)),
  ]);
}
