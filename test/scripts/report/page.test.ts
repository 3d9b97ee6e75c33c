import fc from 'fast-check';
import { HtmlValidate } from 'html-validate';
import { type DefaultTreeAdapterTypes, parse } from 'parse5';
import { describe, expect, test } from 'vitest';
import { pageOf } from '../../../scripts/report/page.ts';
import type { Finding, Report } from '../../../scripts/report/report.ts';
import { anyTexts, reportOf } from '../../builders/any-report.ts';
import { sampleReport } from '../../builders/sample-report.ts';
import { shapeOf, textsOf } from './markdown-tree.ts';

const shape = (page: string) => shapeOf(parse(page).childNodes);
const plain = shape(pageOf(reportOf(['a'])));

function attributesIn(nodes: readonly DefaultTreeAdapterTypes.ChildNode[], name: string): string[] {
  return nodes.flatMap((node) => {
    if (!('attrs' in node)) return [];
    const own = node.attrs.filter((attribute) => attribute.name === name).map(({ value }) => value);
    return [...own, ...attributesIn(node.childNodes, name)];
  });
}
const one = (finding: Partial<Finding>): Report => ({
  ...sampleReport,
  sections: [
    {
      ...{ id: 'dev', title: 'dev', summary: 'one', state: 'found' },
      findings: [{ id: 'a', gravity: 'change', title: 'a', ...finding }],
    },
  ],
});

describe('a page', () => {
  test('is valid HTML that those who cannot see it can use', async () => {
    const validator = new HtmlValidate({ extends: ['html-validate:recommended', 'html-validate:a11y'] });
    for (const report of [sampleReport, reportOf(['<b>']), { ...sampleReport, sections: [] }]) {
      const { results } = await validator.validateString(pageOf(report));
      const faults = results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => `${ruleId}: ${message}`));
      expect(faults).toEqual([]);
    }
  });

  test('has the same tree whatever its texts are', () => {
    fc.assert(
      fc.property(anyTexts(41), (texts) => {
        expect(shape(pageOf(reportOf(texts)))).toBe(plain);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test('runs nothing and loads nothing', () => {
    const page = pageOf(reportOf(['https://evil.test/x.png', 'javascript:alert(1)', '"><img src=x onerror=alert(1)>']));
    const { childNodes } = parse(page);
    expect(shapeOf(childNodes)).not.toMatch(/script|img|iframe|link|object|form/);
    expect(attributesIn(childNodes, 'src')).toEqual([]);
    expect(attributesIn(childNodes, 'style')).toEqual([]);
    expect(page).not.toMatch(/url\(|@import/);
    expect(attributesIn(childNodes, 'content')[0]).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]{43}='; /);
    expect(attributesIn(childNodes, 'href').filter((address) => !/^(#|https:\/\/)/.test(address))).toEqual([]);
  });

  test('links to what is an address, and to nothing else', () => {
    const facts = {
      pipeline: 'https://gitlab.example.test/1',
      other: 'javascript:alert(1)',
      text: 'see https://a.test',
    };
    const links = attributesIn(parse(pageOf({ ...sampleReport, facts, sections: [] })).childNodes, 'href');
    expect(links).toEqual(['#findings', 'https://gitlab.example.test/1']);
  });

  test('has anchors that are the same in the next run, and differ between sections', () => {
    const anchors = (report: Report) =>
      attributesIn(parse(pageOf(report)).childNodes, 'id').filter((id) => /^f-.{12}$/.test(id));
    const first = anchors(one({ title: 'the first words', values: [{ path: 'a', to: '1' }] }));
    expect(anchors(one({ title: 'other words' }))).toEqual(first);
    const all = anchors(reportOf(['a']));
    expect([...new Set(all)]).toHaveLength(8);
  });

  test('says when nothing was found, and does not when something was not looked at', () => {
    const clean = { ...sampleReport, sections: sampleReport.sections.filter(({ state }) => state === 'clean') };
    expect(pageOf(clean)).toContain('<p class="empty">Nothing was found.</p>');
    const [first] = clean.sections;
    if (first === undefined) throw new Error('no section');
    expect(pageOf({ ...clean, sections: [{ ...first, state: 'unknown' }] })).toContain('in what was checked');
  });

  test('shows an empty value, no value, and line breaks', () => {
    const page = pageOf(
      one({
        values: [
          { path: 'p', from: '', to: 'a\n  b' },
          { path: 'q', to: 'c' },
        ],
      }),
    );
    expect(page).toContain('<td class="old" data-name="old"><i>empty</i></td>');
    expect(page).toContain('<code>a\n  b</code>');
    expect(page).toContain('<td class="none" data-name="old">none</td>');
  });

  test('of a plan of 5 MB is made at once, with every finding and no value whole', () => {
    const findings = Array.from(
      { length: 500 },
      (_, index): Finding => ({
        id: `f${index}`,
        gravity: 'change',
        title: `t${index}`,
        values: [{ path: 'p', to: 'v'.repeat(10_000) }],
      }),
    );
    const report = { ...one({}), sections: [{ ...(one({}).sections[0] ?? never()), findings }] };
    const started = performance.now();
    const page = pageOf(report);
    // Tenths of a second; work that grows with the square of the findings takes minutes.
    expect(performance.now() - started).toBeLessThan(20_000);
    expect(page.length).toBeLessThan(1_500_000);
    expect(page).toContain('… (8,000 more characters)');
    expect(textsOf(parse(page).childNodes).filter((text) => /^t\d+$/.test(text))).toHaveLength(500);
  });
});

function never(): never {
  throw new Error('no section');
}
