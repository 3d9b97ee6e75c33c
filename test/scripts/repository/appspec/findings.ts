import { parseAppSpec } from '../../../../scripts/repository/appspec/parse.ts';
import { shownFinding } from '../../../../scripts/repository/findings.ts';

/** What is found in an AppSpec, as `severity line: path: message`. */
export function findings(...lines: string[]): string[] {
  return parseAppSpec('a', Buffer.from(lines.join('\n'))).findings.map(
    (finding) => `${finding.severity} ${shownFinding(finding).replace(/^a:\s*/, '')}`,
  );
}

export const top = ['version: 0.0', 'os: linux'];

/** What is found below the two required keys; lines count from the third. */
export function below(...lines: string[]): string[] {
  return findings(...top, ...lines);
}
