import { byGravity, gravityWords } from './gravity.ts';
import { type Markup, markup } from './html/markup.ts';
import { valueLine } from './lines.ts';
import type { Finding, Report, ReportSection } from './report.ts';
import { cutTo, seen } from './safe-text.ts';

/** GitLab shows it in a window; the page has it in full. */
const mostOfText = 20_000;

/**
 * A report as JUnit XML (https://docs.gitlab.com/ci/testing/unit_test_reports/): a test for each section, which fails when
 * something was found in it, and has an error when it was not fully checked. Its name is the section's id, by which GitLab
 * tells new failures from old ones.
 */
export function junitOf(report: Report): string {
  const count = (state: ReportSection['state']) => report.sections.filter((each) => each.state === state).length;
  const counts = markup`tests="${report.sections.length}" failures="${count('found')}" errors="${count('unknown')}"`;
  const cases = report.sections.map((section) => testCase(report, section));
  const suite = markup`<testsuite name="${seen(report.title)}" ${counts}>\n${cases}</testsuite>`;
  return markup`<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts}>\n${suite}\n</testsuites>\n`.markup;
}

function testCase(report: Report, section: ReportSection): Markup {
  const { id, title, state, summary } = section;
  const name = markup`<testcase classname="${seen(title)}" name="${seen(id)}" time="0"`;
  if (state === 'clean') return markup`${name}/>\n`;
  const lines = byGravity({ ...report, sections: [section] }).flatMap(({ finding }) => findingText(finding));
  const element: Markup = { markup: state === 'unknown' ? 'error' : 'failure' };
  const content = cutTo(mostOfText, seen([summary, ...lines].join('\n')));
  return markup`${name}><${element} message="${seen(summary)}" type="${state}">${content}</${element}></testcase>\n`;
}

function findingText({ gravity, title, values = [], details = [], next }: Finding): string[] {
  return [
    '',
    `${gravityWords[gravity]}: ${title}`,
    ...values.map((value) => `  ${valueLine(value)}`),
    ...details.map((detail) => `  ${detail}`),
    ...(next === undefined ? [] : [`  next: ${next}`]),
  ];
}
