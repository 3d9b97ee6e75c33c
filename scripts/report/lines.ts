import { byGravity, gravityWords } from './gravity.ts';
import type { Finding, Report, ReportSection, ValueChange } from './report.ts';
import { cutTo, seenOnOneLine } from './safe-text.ts';

const mostOfValue = 120;

/** A report as lines for a terminal or a job's log: each section with what was found in it, the gravest first. */
export function reportLines(report: Report): string[] {
  return [
    ...report.sections.flatMap((section) => [
      `${section.title}: ${section.summary}${section.state === 'unknown' ? ' (not fully checked)' : ''}`,
      ...sectionFindings(report, section).flatMap(findingLines),
    ]),
    report.summary,
  ].map(seenOnOneIndentedLine);
}

function sectionFindings(report: Report, section: ReportSection): Finding[] {
  return byGravity({ ...report, sections: [section] }).map(({ finding }) => finding);
}

function findingLines({ gravity, title, details = [], values = [], next, at }: Finding): string[] {
  const where = at === undefined ? '' : ` (${at.file}${at.line === undefined ? '' : `:${at.line}`})`;
  return [
    `  ${gravityWords[gravity].toLowerCase()}: ${title}${where}`,
    ...values.map((value) => `    ${valueLine(value)}`),
    ...details.map((detail) => `    ${detail}`),
    ...(next === undefined ? [] : [`    next: ${next}`]),
  ];
}

/** `Properties.Size: 20 → 40`; a missing old or new value is `(none)`. */
export function valueLine({ path, from, to }: ValueChange): string {
  const value = (given: string | undefined) =>
    given === undefined ? '(none)' : cutTo(mostOfValue, seenOnOneLine(given)) || "''";
  return `${path}: ${value(from)} → ${value(to)}`;
}

function seenOnOneIndentedLine(line: string): string {
  const indent = /^ */.exec(line)?.[0] ?? '';
  return indent + seenOnOneLine(line);
}
