import fc from 'fast-check';
import { type Finding, gravities, type Report, type ReportSection } from '../../scripts/report/report.ts';

/** What somebody could put into a value or a file name to make it more than a text. */
const hostile = [
  ...['`', '``', '|', '</details>', '<details>', '</code></td></table>', '<!--', '-->', '<script>alert(1)</script>'],
  ...[
    '/close',
    '\n/close\n',
    '\n\n/merge\n',
    '@all',
    '!1',
    '#1',
    '~bug',
    '%1',
    '$1',
    '&1',
    '^1',
    '[[_TOC_]]',
    '![x](y)',
  ],
  ...[
    '\n# title',
    '\n- item',
    '\n| a | b |\n|---|---|\n',
    '\n```\n',
    '\n>>>\n',
    '\n---\n',
    '***',
    '__',
    '~~',
    ':tada:',
  ],
  ...[
    '&lt;',
    '&#64;all',
    '&nbsp;',
    '\\',
    '\\`',
    '\\|',
    '"',
    "'",
    ']]>',
    '<![CDATA[',
    '\u0000',
    '\u202e',
    '\ud800',
    '\u2028',
  ],
  ...[
    '1. one',
    '+ one',
    '= one',
    'http://evil.test',
    'www.evil.test',
    '::include{file=x}',
    '{{x}}',
    '%{x}',
    '\r\n',
    '\t',
    ' ',
  ],
];

const text = fc
  .array(fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 6 })
  .map((parts) => parts.join(''));

/** A report with this many values in it, all of them any text; its shape is always the same. */
export const anyTexts = (count: number) => fc.array(text, { minLength: count, maxLength: count });

/** A report of one shape out of texts: two sections, a finding of each gravity, all with everything they can have. */
export function reportOf(given: readonly string[]): Report {
  let index = 0;
  const next = () => {
    index += 1;
    const own = given[index % given.length] ?? '';
    // Not empty, which would be another shape; hostile at its beginning, or at its end.
    return index % 2 === 0 ? `${own}x` : `x${own}`;
  };
  const findings = gravities.map(
    (gravity, position): Finding => ({
      id: String(position),
      gravity,
      title: next(),
      details: [next(), next()],
      values: [
        { path: next(), from: next(), to: next() },
        { path: next(), to: next() },
      ],
      next: next(),
      at: { file: next(), line: 3 },
    }),
  );
  const section = (id: string, state: ReportSection['state'], own: readonly Finding[]): ReportSection => ({
    id,
    title: next(),
    summary: next(),
    state,
    findings: own,
  });
  return {
    title: next(),
    summary: next(),
    sections: [section('one', 'found', findings.slice(0, 4)), section('two', 'unknown', findings.slice(4))],
    // An address alone is a link.
    facts: { commit: `c ${next()}`, branch: `b ${next()}` },
  };
}
