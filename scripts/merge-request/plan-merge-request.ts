import { resolve } from 'node:path';
import type { Environment } from '../config/environment.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import { reportLines } from '../report/lines.ts';
import { maskedReport } from '../report/masked-report.ts';
import type { Runtime } from '../runtime.ts';
import type { PlannedSection } from './findings/planned-section.ts';
import { planReport, wouldFail } from './plan-report.ts';
import { platformSections } from './platform/platform-sections.ts';
import { tenantSections } from './tenant/tenant-report.ts';
import { writeNote } from './write-note.ts';
import { type OutputFiles, writeOutputs } from './write-outputs.ts';

export interface PlanMergeRequestOptions extends OutputFiles {
  readonly environment: Environment;
  /** Without one the directory is the platform's repository. */
  readonly tenant: string | undefined;
  /** Absolute path of the tenant's files, or of the folder with `platform.yml`. */
  readonly directory: string;
}

/**
 * Reports what the push after a merge would do in an environment, and changes nothing. Writes the plan to the job's log, to the requested
 * files and, for a tenant, to a note of the merge request; the plans of the platform's environments become one note by `mr
 * note`. Exit code 1: that push would fail. Changes alone are no failure: merge requests exist to make them.
 */
export async function planMergeRequest(
  runtime: Runtime,
  options: PlanMergeRequestOptions,
): Promise<ExitCode | undefined> {
  const { environment, tenant, directory, ...files } = options;
  const whole = resolve(runtime.cwd, directory);
  const planned: PlannedSection[] =
    tenant === undefined
      ? await platformSections(runtime, { environment, directory: whole })
      : await tenantSections(runtime, { place: { tenant, environment }, directory: whole });
  const title = `Plan of ${tenant ?? 'the platform'} in ${environment}`;
  const sections = planned.map(({ section }) => section);
  const report = maskedReport(planReport(runtime, title, sections), (text) => runtime.out.masked(text));
  const stacks = planned.flatMap((each) => each.stacks);
  const fails = wouldFail(report);
  const last = fails ? ['The push after the merge would fail: see the faults above'] : [];
  // First, so that the log has it whatever happens to files and note.
  runtime.out.result({ environment, fails, report }, [...reportLines(report), ...last].join('\n'));
  await writeOutputs(runtime, report, stacks, files);
  if (tenant !== undefined) {
    const target = runtime.env.VENDHOST_TARGET_BRANCH;
    await writeNote(runtime, report, { key: `mr-plan/${tenant}/${environment}`, page: files.page, target });
  }
  return fails ? exitCodes.failed : undefined;
}
