import { createHash } from 'node:crypto';
import { byGravity } from './gravity.ts';
import type { Gravity, Report } from './report.ts';
import { cutTo, seenOnOneLine } from './safe-text.ts';

/** One entry of GitLab's code quality report (https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format). */
export interface CodeQualityEntry {
  readonly description: string;
  readonly check_name: string;
  readonly fingerprint: string;
  readonly severity: 'info' | 'minor' | 'major' | 'critical' | 'blocker';
  readonly location: { readonly path: string; readonly lines: { readonly begin: number } };
}

const severities: Readonly<Record<Gravity, CodeQualityEntry['severity']>> = {
  loss: 'blocker',
  replacement: 'critical',
  fault: 'critical',
  interruption: 'major',
  access: 'major',
  network: 'major',
  unknown: 'minor',
  change: 'info',
};

/**
 * The findings in files, as GitLab shows them next to its lines. Only the ids are in the fingerprint: a finding
 * whose line has moved, or whose words have changed, is not new.
 */
export function codeQualityOf(report: Report): CodeQualityEntry[] {
  return byGravity(report).flatMap(({ section, finding: { id, gravity, title, next, at } }) => {
    if (at === undefined) return [];
    return {
      description: cutTo(1_000, seenOnOneLine(next === undefined ? title : `${title}: ${next}`)),
      check_name: seenOnOneLine(section.id),
      fingerprint: createHash('sha256')
        .update(JSON.stringify([section.id, id]))
        .digest('hex'),
      severity: severities[gravity],
      location: { path: at.file.replace(/^(?:\.\/)+/, ''), lines: { begin: at.line ?? 1 } },
    };
  });
}
