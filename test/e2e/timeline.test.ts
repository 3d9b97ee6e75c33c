import { expect, test } from 'vitest';
import { Timeline } from './timeline.ts';

test('keeps the time of a stage that fails', async () => {
  const timeline = new Timeline();
  await expect(timeline.stage('bake', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(timeline.lines()).toHaveLength(1);
  expect(timeline.lines()[0]).toMatch(/^bake {2} *█+ +\d+\.\d s$/);
});

test('orders stages by their start and keeps bars within the width', () => {
  const timeline = new Timeline();
  const now = performance.now();
  timeline.add('late', now + 50, 1_000_000);
  timeline.add('early', now, 0);
  const lines = timeline.lines(10);
  expect(lines.map((line) => line.split(' ')[0])).toEqual(['early', 'late']);
  for (const line of lines) expect(line.match(/█+/)?.[0].length).toBeLessThanOrEqual(10);
});
