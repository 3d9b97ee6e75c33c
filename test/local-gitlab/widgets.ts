import type { JobReports } from './job-reports.ts';

/** What a merge request shows of its pipeline's reports, a line for each widget and for what is in it. */
export function widgetLines(jobs: readonly { name: string; reports: JobReports }[]): string[] {
  return [...planLines(jobs), ...qualityLines(jobs), ...testLines(jobs), ...exposedLines(jobs)];
}

type Jobs = Parameters<typeof widgetLines>[0];

function planLines(jobs: Jobs): string[] {
  return jobs.flatMap(({ name, reports: { terraform } }) => {
    if (terraform === undefined) return [];
    const { counts, error } = terraform;
    if (counts === undefined) return `The report of the job ${name} failed to generate: ${error}`;
    return `The job ${name}: ${counts.create} to add, ${counts.update} to change, ${counts.delete} to delete`;
  });
}

function qualityLines(jobs: Jobs): string[] {
  const reports = jobs.flatMap(({ reports }) => reports.codequality ?? []);
  if (reports.length === 0) return [];
  const findings = reports.flatMap((report) => report.findings);
  const failed = reports.flatMap(({ error }) => (error === undefined ? [] : `Code Quality failed to load: ${error}`));
  const order = ['blocker', 'critical', 'major', 'minor', 'info'];
  const sorted = findings.toSorted((one, other) => order.indexOf(one.severity) - order.indexOf(other.severity));
  return [
    ...failed,
    findings.length === 0 ? 'Code Quality: no findings' : `Code Quality: findings: ${findings.length}`,
    ...sorted.map(({ severity, path, line, description }) => `  ${severity}: ${description} in ${path}:${line}`),
  ];
}

function testLines(jobs: Jobs): string[] {
  return jobs.flatMap(({ name, reports: { junit } }) => {
    if (junit === undefined) return [];
    if (junit.error !== undefined) return `Test summary: ${name}: ${junit.error}`;
    const of = (status: string) => junit.cases.filter((each) => each.status === status);
    const bad = [...of('failed'), ...of('error')];
    return [
      `Test summary: ${name}: ${of('failed').length} failed, ${of('error').length} error, ${junit.cases.length} total`,
      ...bad.map((each) => `  ${each.status}: ${each.name}`),
    ];
  });
}

function exposedLines(jobs: Jobs): string[] {
  return jobs.flatMap(({ name, reports: { exposed } }) =>
    exposed === undefined
      ? []
      : `View exposed artifact: ${exposed.name} (${exposed.files.join(', ')} of the job ${name})`,
  );
}
