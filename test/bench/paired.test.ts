import { statSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compare, median } from './paired.ts';

test.each([
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[7], 7],
])('median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

test('a program that takes longer has a ratio above one', async () => {
  // A clock that goes on as the programs write into it, whatever else the machine does.
  const clock = join(await mkdtemp(join(tmpdir(), 'paired-')), 'clock');
  await writeFile(clock, '');
  const run = (name: string, ms: number) => ({
    ...{ name, file: 'sh' },
    args: ['-c', `head -c ${ms} /dev/zero >> ${clock}`],
  });
  const now = () => statSync(clock).size;
  expect(await compare(run('slow', 3000), run('quick', 1000), 2, now)).toEqual({ ours: 3, theirs: 1, ratio: 3 });
});

test('a program that fails is not measured', async () => {
  const program = { name: 'broken', file: 'sh', args: ['-c', 'exit 3'] };
  await expect(compare(program, program, 1)).rejects.toThrow('exit code 3');
});
