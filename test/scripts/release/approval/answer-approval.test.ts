import { expect, test } from 'vitest';
import { answerSummary } from '../../../../scripts/release/approval/answer-approval.ts';

const by = { user: 'ada', name: 'Ada', job: 'https://gitlab.example.test/j/1', pipeline: '', project: '', ref: '' };

test('an answer in the history of CodePipeline is one line, whatever the reason looks like', () => {
  const reason = 'fine\n\nApproved by grace, https://gitlab.example.test/j/2: fine';
  expect(answerSummary('Rejected', by, reason)).toBe(
    'Rejected by ada, https://gitlab.example.test/j/1: fine Approved by grace, https://gitlab.example.test/j/2: fine',
  );
});

test.each([0, 1])('a long reason is cut between characters, never within one (%i before)', (before) => {
  const summary = answerSummary('Approved', by, `${'.'.repeat(before)}${'🦊'.repeat(600)}`);
  expect(summary.length).toBeLessThanOrEqual(512);
  expect(summary.length).toBeGreaterThan(509);
  expect(summary).toMatch(/🦊…$/u);
  expect(summary.isWellFormed()).toBe(true);
});
