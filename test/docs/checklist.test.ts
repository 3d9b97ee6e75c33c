import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../local-gitlab/platform.ts';

const page = join(projectRoot, 'docs/checklist.md');
const rows = readFileSync(page, 'utf8')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replaceAll(/^\| | \|$/g, '')));

test('the checklist has all 25 points, in order, each with an answer', () => {
  expect(rows.map(([number]) => Number(number))).toEqual(Array.from({ length: 25 }, (_, index) => index + 1));
  for (const row of rows) {
    expect(row, row[0]).toHaveLength(4);
    expect(['yes', 'otherwise', 'partly'], row[0]).toContain(row[2]);
  }
});

test.each(rows.map((row) => [row[0] ?? '', row[3] ?? ''] as const))(
  'point %s names a file or test that is there',
  (_, how) => {
    const targets = [...how.matchAll(/\]\(([^)#]+)/g)].map(([, target = '']) => target);
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter((target) => !target.startsWith('http') && !existsSync(join(dirname(page), target)))).toEqual(
      [],
    );
  },
);
