import type { Finding, Report, ReportSection } from './report.ts';

/** The report with every text masked, before anything is truncated: half a secret would not be recognised. */
export function maskedReport(report: Report, mask: (text: string) => string): Report {
  return {
    title: mask(report.title),
    summary: mask(report.summary),
    sections: report.sections.map((section) => maskedSection(section, mask)),
    facts: Object.fromEntries(Object.entries(report.facts).map(([name, value]) => [name, mask(value)])),
  };
}

function maskedSection(section: ReportSection, mask: (text: string) => string): ReportSection {
  return {
    ...section,
    id: mask(section.id),
    title: mask(section.title),
    summary: mask(section.summary),
    findings: section.findings.map((finding) => maskedFinding(finding, mask)),
  };
}

function maskedFinding(finding: Finding, mask: (text: string) => string): Finding {
  const { details, values, next, at } = finding;
  return {
    ...finding,
    id: mask(finding.id),
    title: mask(finding.title),
    ...(details === undefined ? {} : { details: details.map(mask) }),
    ...(values === undefined
      ? {}
      : {
          values: values.map(({ path, from, to }) => ({
            path: mask(path),
            ...(from === undefined ? {} : { from: mask(from) }),
            ...(to === undefined ? {} : { to: mask(to) }),
          })),
        }),
    ...(next === undefined ? {} : { next: mask(next) }),
    ...(at === undefined ? {} : { at: { ...at, file: mask(at.file) } }),
  };
}
