import { environments } from '../config/environment.ts';
import { pushOf } from '../gitlab/ci-context.ts';
import { countsByGravity, gravityWords } from '../report/gravity.ts';
import type { Gravity, Report, ReportSection } from '../report/report.ts';
import type { Runtime } from '../runtime.ts';

/** A plan as a report. */
export function planReport({ env }: Runtime, title: string, sections: readonly ReportSection[]): Report {
  const { commit, branch, pipelineUrl } = pushOf(env);
  const { CI_MERGE_REQUEST_SOURCE_BRANCH_NAME: source = branch, CI_MERGE_REQUEST_TARGET_BRANCH_NAME: target } = env;
  const facts = {
    commit: commit.slice(0, 12),
    branch: target === undefined ? source : `${source} into ${target}`,
    pipeline: pipelineUrl,
  };
  return {
    title,
    summary: summaryOf(sections),
    sections,
    facts: Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== '')),
  };
}

/** Several plans of one merge request as one; what all of them checked is shown once. */
export function joinedReport(title: string, reports: readonly Report[]): Report {
  const byId = new Map(reports.flatMap(({ sections }) => sections.map((section) => [section.id, section] as const)));
  const rank = ({ id }: ReportSection) => environments.findIndex((environment) => id.endsWith(`/${environment}`));
  const sections = [...byId.values()].toSorted((one, other) => rank(one) - rank(other));
  return {
    title,
    summary: summaryOf(sections),
    sections,
    facts: Object.assign({}, ...reports.map(({ facts }) => facts)),
  };
}

function summaryOf(sections: readonly ReportSection[]): string {
  const counts = countsByGravity({ title: '', summary: '', sections, facts: {} });
  if (counts.length === 0) return 'The push after the merge changes nothing';
  return counts.map(({ gravity, count }) => `${gravityWords[gravity].toLowerCase()}: ${count}`).join(', ');
}

const stopping: ReadonlySet<Gravity> = new Set(['loss', 'fault']);

/** Whether the push after the merge would fail. */
export function wouldFail({ sections }: Report): boolean {
  return sections.some(({ findings }) => findings.some(({ gravity }) => stopping.has(gravity)));
}

/** The plan as checks: a section fails when the push would fail on it. Mere changes are no failed test. */
export function checksOf(report: Report): Report {
  const isCheck = (gravity: Gravity) => stopping.has(gravity) || gravity === 'unknown';
  const sections = report.sections.map((section): ReportSection => {
    const findings = section.findings.filter(({ gravity }) => isCheck(gravity));
    return {
      ...section,
      findings,
      state: section.state === 'unknown' ? 'unknown' : findings.length > 0 ? 'found' : 'clean',
    };
  });
  return { ...report, sections };
}
