import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noteLimit, noteOf } from '../../../scripts/report/note.ts';
import { markerStart } from '../../../scripts/report/note-marker.ts';
import type { Finding, Report, ReportSection } from '../../../scripts/report/report.ts';
import { anyTexts, reportOf } from '../../builders/any-report.ts';
import { sampleReport } from '../../builders/sample-report.ts';
import { markdownTree, shapeOf, textsOf } from './markdown-tree.ts';

const options = { key: 'mr-plan', page: 'https://gitlab.example.test/-/jobs/1/plan.html' };
const plain = shapeOf(markdownTree(noteOf(reportOf(['a']), options)));

function withFindings(findings: readonly Finding[], state: ReportSection['state'] = 'found'): Report {
  const section = { id: 'dev', title: 'dev', summary: 'something', state, findings };
  return { title: 'Plan', summary: 'something', sections: [section], facts: {} };
}
const finding = (id: string, more: Partial<Finding> = {}): Finding => ({
  id,
  gravity: 'change',
  title: `the ${id} changes`,
  ...more,
});

describe('a note', () => {
  test('of everything there can be', async () => {
    await expect(noteOf(sampleReport, options)).toMatchFileSnapshot('__snapshots__/note.txt');
  });

  test('has the gravest first, whatever section they are in, and the rest folded', () => {
    const note = noteOf(sampleReport, options);
    const order = [
      'Data loss ·',
      'Replacement ·',
      'Interruption ·',
      'Fault ·',
      'Access ·',
      'Network ·',
      '<details>',
      'Change ·',
    ];
    const places = order.map((word) => note.indexOf(word));
    expect(places.includes(-1)).toBe(false);
    expect(places).toEqual(places.toSorted((one, other) => one - other));
  });

  test('has the same shape whatever its texts are', () => {
    fc.assert(
      fc.property(anyTexts(41), (texts) => {
        expect(shapeOf(markdownTree(noteOf(reportOf(texts), options)))).toBe(plain);
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test('gives no quick action: no line begins with a slash', () => {
    fc.assert(
      fc.property(anyTexts(41), (texts) => {
        expect(noteOf(reportOf(texts), options)).not.toMatch(/^\//m);
      }),
      { seed: 1 },
    );
  });

  test.each(['@all', '!1', '#1', '~bug', '%1.0', '$1', '&1', '^1', '@all @all', 'a@all'])(
    'mentions nobody: %s',
    (reference) => {
      const note = noteOf(reportOf([reference]), options);
      // GitLab takes the sign out of the text around it where a backslash stands before it.
      const searched = note.replaceAll(/\\[$%#&@!~^]/g, '');
      const texts = textsOf(markdownTree(searched), 'searched').join(' ');
      expect(texts).not.toMatch(/[@!#~%$&^]\w/);
      expect(textsOf(markdownTree(note)).join(' ')).toContain(reference);
    },
  );

  test('shows what cannot be seen, and keeps every text on its line', () => {
    const note = noteOf(
      withFindings([finding('a', { title: 'a\u202eb\nc\u0000', values: [{ path: 'p\n\nq', to: '' }] })]),
      options,
    );
    expect(note).toContain('a\\\\u202eb ↵ c\\\\u0000');
    expect(note).toContain('<td><code>p ↵ q</code></td><td>(none)</td><td><code> </code></td>');
  });
});

describe('a note that would be too long', () => {
  const many = Array.from({ length: 5_000 }, (_, index) =>
    finding(`f${index}`, { values: [{ path: 'Properties.Name', from: 'x'.repeat(100_000).slice(0, index), to: 'y' }] }),
  );

  test('leaves out whole findings from the end, and counts them', () => {
    const report = withFindings([...many, finding('loss', { gravity: 'loss', title: 'the data is lost' })]);
    const note = noteOf(report, options);
    expect(note.length).toBeLessThan(noteLimit);
    expect(note.length).toBeGreaterThan(noteLimit * 0.7);
    expect(note).toContain('the data is lost');
    const shown = note.match(/ Change · /g)?.length ?? 0;
    expect(note).toContain(
      `**${(5_000 - shown).toLocaleString('en')} more, see [the whole report](<${options.page}>)**`,
    );
    const tree = markdownTree(note);
    expect(shapeOf(tree).match(/table\(/g)).toHaveLength(shown);
    expect(tree.findLast((node) => 'tagName' in node)).toHaveProperty('tagName', 'p');
  });

  test('cuts long values and says by how much', () => {
    const note = noteOf(withFindings([finding('a', { values: [{ path: 'p', to: 'z'.repeat(100_000) }] })]), options);
    expect(note.length).toBeLessThan(2_000);
    expect(note).toContain('z… (99,800 more characters)');
  });

  test('stays below its limit with thousands of sections and hostile texts', () => {
    const sections = Array.from(
      { length: 3_000 },
      (_, index): ReportSection => ({
        id: `s${index}`,
        title: '`|<'.repeat(300),
        summary: '\u0000'.repeat(1_000),
        state: index === 2_999 ? 'unknown' : 'clean',
        findings: index % 3 === 0 ? [finding('a', { title: '\u0000@'.repeat(600) })] : [],
      }),
    );
    const report = { ...withFindings([]), sections };
    const first = noteOf(report, options);
    const second = noteOf(withFindings([], 'clean'), { ...options, former: first });
    expect(Math.max(first.length, second.length)).toBeLessThanOrEqual(noteLimit);
    expect(first).toContain('not fully checked');
    expect(first).toMatch(/- \d+ more in the whole report/);
  });

  test('does it fast', () => {
    const started = performance.now();
    noteOf(withFindings(many), options);
    // Tenths of a second; work that grows with the square of the findings takes minutes.
    expect(performance.now() - started).toBeLessThan(20_000);
  });
});

describe('what the former note said', () => {
  const write = (report: Report, former?: string) => noteOf(report, { ...options, former });
  const two = withFindings([finding('a'), finding('b')]);

  test('and is gone is marked so, also in the note after the next', () => {
    const second = write(withFindings([finding('a')]), write(two));
    expect(second).toContain('- no longer: the b changes');
    expect(second).not.toContain('no longer: the a');
    const third = write(withFindings([finding('a')]), second);
    expect(third).toBe(second);
    expect(write(withFindings([]), third)).toContain('- no longer: the a changes\n- no longer: the b changes');
  });

  test('and is there again is not gone', () => {
    expect(write(two, write(withFindings([finding('a')]), write(two)))).toBe(write(two));
  });

  test('and could not be looked at again is neither gone nor forgotten', () => {
    const unseen = write(withFindings([], 'unknown'), write(two));
    expect(unseen).toContain('### Could not be checked again');
    expect(unseen).toContain('- was found before: the a changes');
    expect(unseen).not.toContain('no longer');
    expect(write(withFindings([], 'clean'), unseen)).toContain('- no longer: the a changes');
  });

  test.each([
    ['another key', noteOf(two, { ...options, key: 'other' })],
    ['a first line that somebody changed', `${markerStart('mr-plan')}AAAA -->`],
    ['a bomb', `${markerStart('mr-plan')}${'A'.repeat(100)} -->`],
    ['no marker at all', 'text'],
    ['rows of something else', write(two).replace(/^.*\n/, `${markerStart('mr-plan')}q1YqU7JSMlSqBQA= -->\n`)],
  ])('is nothing in %s', (_, former) => {
    expect(write(two, former)).toBe(write(two));
  });

  test('is found by a key that fits into a comment', () => {
    expect(markerStart('drift:a--b>\n')).toBe('<!-- vendhost:drift:a%2d-b%3e%a ');
  });
});
