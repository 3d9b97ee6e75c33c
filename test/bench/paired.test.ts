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
  const run = (name: string, script: string) => ({ name, file: 'sh', args: ['-c', script] });
  const { ours, theirs, ratio } = await compare(run('slow', 'sleep 0.2'), run('quick', ':'), 2);
  expect(ratio).toBeGreaterThan(1);
  expect(ours).toBeGreaterThan(theirs);
});

test('a program that fails is not measured', async () => {
  const program = { name: 'broken', file: 'sh', args: ['-c', 'exit 3'] };
  await expect(compare(program, program, 1)).rejects.toThrow('exit code 3');
});
