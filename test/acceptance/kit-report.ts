import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { maskedReport } from '../../scripts/report/masked-report.ts';
import { pageOf } from '../../scripts/report/page.ts';
import type { Finding, Report, ReportSection } from '../../scripts/report/report.ts';
import type { NotRemoved } from './remove.ts';

/** What became of one part of a run. */
export interface Part {
  readonly id: string;
  readonly title: string;
  /** What was found to hold, in order. */
  readonly held: readonly string[];
  /** Absent for a part that was not reached. */
  readonly seconds?: number;
  readonly failure?: string | undefined;
}

/** A run, as its report tells it. */
export interface KitRun {
  readonly parts: readonly Part[];
  /** Absent when nothing was removed yet. */
  readonly notRemoved?: readonly NotRemoved[];
  readonly facts: Readonly<Record<string, string>>;
}

/** The report of a run: a part that was not reached is unknown, never clean. */
export function kitReport({ parts, notRemoved, facts }: KitRun): Report {
  const sections = [...parts.map(partSection), removalSection(notRemoved)];
  const isWhole = sections.every(({ state }) => state === 'clean');
  const failed = parts.find(({ failure }) => failure !== undefined);
  const left = notRemoved === undefined ? 'not looked for' : String(notRemoved.length);
  const passed = parts.length === 0 ? '' : `all ${parts.length} parts passed, and `;
  const summary = isWhole
    ? `${passed}everything was removed`
    : `${failed === undefined ? 'no part failed' : `${failed.title} failed`}; things left in the account: ${left}`;
  return { title: 'Acceptance', summary, sections, facts };
}

function partSection({ id, title, held, seconds, failure }: Part): ReportSection {
  if (seconds === undefined) return { id, title, summary: 'not reached', state: 'unknown', findings: [] };
  const time = `${seconds.toFixed(0)} s`;
  if (failure === undefined) return { id, title, summary: [time, ...held].join('; '), state: 'clean', findings: [] };
  const fault: Finding = { id, gravity: 'fault', title: failure, details: held.map((line) => `before it: ${line}`) };
  return { id, title, summary: `failed after ${time}`, state: 'found', findings: [fault] };
}

function removalSection(notRemoved: readonly NotRemoved[] | undefined): ReportSection {
  const shared = { id: 'removal', title: 'Everything is removed' };
  if (notRemoved === undefined) return { ...shared, summary: 'not tried', state: 'unknown', findings: [] };
  const findings = notRemoved.map(({ what, why }): Finding => {
    const next = 'npm run acceptance -- --cleanup';
    return { id: what, gravity: 'fault', title: `${what} is left`, details: [why], next };
  });
  const summary =
    findings.length === 0 ? 'nothing is left but a key that waits for its deletion' : `${findings.length} left`;
  return { ...shared, summary, state: findings.length === 0 ? 'clean' : 'found', findings };
}

/** Writes `acceptance.json` and `acceptance.html` into a folder; returns the page's path. */
export async function writeKitReport(
  directory: string,
  report: Report,
  mask: (text: string) => string,
): Promise<string> {
  const masked = maskedReport(report, mask);
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'acceptance.json'), `${JSON.stringify(masked, null, 2)}\n`);
  const page = join(directory, 'acceptance.html');
  await writeFile(page, pageOf(masked));
  return page;
}
