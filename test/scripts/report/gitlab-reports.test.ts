import { DOMParser } from '@xmldom/xmldom';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeQualityOf } from '../../../scripts/report/code-quality.ts';
import { junitOf } from '../../../scripts/report/junit.ts';
import { reportLines } from '../../../scripts/report/lines.ts';
import { maskedReport } from '../../../scripts/report/masked-report.ts';
import { gravities, type Report } from '../../../scripts/report/report.ts';
import { anyTexts, reportOf } from '../../builders/any-report.ts';
import { sampleReport } from '../../builders/sample-report.ts';

function casesIn(xml: string) {
  const faults: string[] = [];
  const document = new DOMParser({ onError: (level, message) => faults.push(`${level}: ${message}`) }).parseFromString(
    xml,
    'text/xml',
  );
  expect(faults).toEqual([]);
  return [...document.getElementsByTagName('testcase')].map((element) => ({
    name: element.getAttribute('name'),
    classname: element.getAttribute('classname'),
    outcome: [...element.childNodes].map((child) => child.nodeName).join(),
    text: element.textContent ?? '',
  }));
}

describe('a JUnit report', () => {
  test('has a test for each section: found is a failure, not fully checked is an error', () => {
    const cases = casesIn(junitOf(sampleReport));
    expect(cases.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['configuration', 'failure'],
      ['dev', ''],
      ['staging', 'error'],
      ['production', 'failure'],
    ]);
    expect(cases[3]?.text).toContain('Data loss: The database shop is replaced');
    expect(junitOf(sampleReport)).toContain('<testsuites tests="4" failures="2" errors="1">');
  });

  test('is read by a strict parser whatever its texts are', () => {
    fc.assert(
      fc.property(anyTexts(41), (texts) => {
        expect(casesIn(junitOf(reportOf(texts))).map(({ outcome }) => outcome)).toEqual(['failure', 'error']);
      }),
      { seed: 1 },
    );
  });

  test('names its tests by ids: other words, values and lines are the same test', () => {
    const names = (report: Report) => casesIn(junitOf(report)).map(({ name }) => name);
    expect(names(reportOf(['a']))).toEqual(names(reportOf(['b'])));
  });
});

describe('a code quality report', () => {
  test('has what stands in a file, by gravity', async () => {
    expect(
      codeQualityOf(sampleReport).map(({ severity, location }) => [severity, location.path, location.lines.begin]),
    ).toEqual([
      ['blocker', 'vendhost.yml', 14],
      ['critical', 'infrastructure/30-php.sh', 12],
    ]);
    const all = codeQualityOf(reportOf(['a']));
    expect(all.map(({ severity }) => severity)).toEqual([
      'blocker',
      'critical',
      'major',
      'critical',
      'major',
      'major',
      'info',
      'minor',
    ]);
    expect(new Set(all.map(({ fingerprint }) => fingerprint))).toHaveLength(gravities.length);
  });

  test('has fingerprints that stay when a line moves or words change', () => {
    const fingerprints = (report: Report) => codeQualityOf(report).map(({ fingerprint }) => fingerprint);
    expect(fingerprints(reportOf(['a']))).toEqual(fingerprints(reportOf(['b'])));
    const moved = structuredClone(sampleReport);
    for (const { findings } of moved.sections) for (const { at } of findings) if (at) Object.assign(at, { line: 99 });
    expect(fingerprints(moved)).toEqual(fingerprints(sampleReport));
  });
});

describe('lines for a terminal', () => {
  test('of everything there can be', async () => {
    await expect(`${reportLines(sampleReport).join('\n')}\n`).toMatchFileSnapshot('__snapshots__/lines.txt');
  });

  test('are one line each, without what steers a terminal', () => {
    fc.assert(
      fc.property(anyTexts(41), (texts) => {
        const lines = reportLines(reportOf(texts));
        expect(lines).toHaveLength(reportLines(reportOf(['a'])).length);
        expect(lines.join('')).not.toMatch(/\p{Cc}/u);
      }),
      { seed: 1 },
    );
  });
});

test('everything of a report is masked', () => {
  const masked = maskedReport(reportOf(['the-secret']), (text) => text.replaceAll('the-secret', '[masked]'));
  expect(JSON.stringify(masked)).not.toContain('the-secret');
  expect(JSON.stringify(masked).match(/\[masked\]/g)?.length).toBe(
    JSON.stringify(reportOf(['the-secret'])).match(/the-secret/g)?.length,
  );
  expect(maskedReport(sampleReport, (text) => text)).toEqual(sampleReport);
});
