import { createHash } from 'node:crypto';
import { type Finding, type Gravity, gravities, type Report, type ReportSection } from './report.ts';

/** A finding with its section. */
export interface PlacedFinding {
  readonly section: ReportSection;
  readonly finding: Finding;
}

/** A gravity as people read it. */
export const gravityWords: Readonly<Record<Gravity, string>> = {
  loss: 'Data loss',
  replacement: 'Replacement',
  interruption: 'Interruption',
  fault: 'Fault',
  access: 'Access',
  network: 'Network',
  change: 'Change',
  unknown: 'Not known',
};

/** In which part of a note or page a gravity is shown, the first part first. */
export const gravityParts = [
  { id: 'first', title: 'Look at this first', gravities: ['loss', 'replacement', 'interruption', 'fault'] },
  { id: 'wider', title: 'Access and network', gravities: ['access', 'network'] },
  { id: 'rest', title: 'Everything else', gravities: ['unknown', 'change'] },
] as const satisfies readonly { id: string; title: string; gravities: readonly Gravity[] }[];

/** All findings of a report, the gravest first; within a gravity in the order of the report. */
export function byGravity(report: Report): PlacedFinding[] {
  const placed = report.sections.flatMap((section) => section.findings.map((finding) => ({ section, finding })));
  return placed.toSorted((one, other) => rank(one) - rank(other));
}

/** How many findings there are of each gravity that occurs, the gravest first. */
export function countsByGravity(report: Report): { gravity: Gravity; count: number }[] {
  const all = byGravity(report);
  return gravities
    .map((gravity) => ({ gravity, count: all.filter(({ finding }) => finding.gravity === gravity).length }))
    .filter(({ count }) => count > 0);
}

/** A few characters for an id, or for the ids of a section and a finding, that are also valid in an address. */
export function shortId(...ids: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(ids)).digest('base64url').slice(0, 12);
}

/** The words for a section's state. */
export const stateWords: Readonly<Record<ReportSection['state'], string>> = {
  clean: 'nothing found',
  found: 'found something',
  unknown: 'not fully checked',
};

function rank({ finding }: PlacedFinding): number {
  return gravities.indexOf(finding.gravity);
}
