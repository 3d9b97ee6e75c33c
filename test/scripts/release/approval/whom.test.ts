import { expect, test } from 'vitest';
import { waitingLines } from '../../../../scripts/release/approval/whom.ts';
import { action, pipeline, snapshot } from '../snapshots.ts';

const place = { tenant: 'shop', environment: 'production' };
const gitlab = 'https://gitlab.example.test';
const approvals = { project: 'platform/approvals', branch: 'main' };
const console =
  'https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/vendhost-dev-shop/view?region=eu-west-1';
const asked = snapshot('InProgress', { actions: [action('Approval', 'InProgress')] });
const command = 'vendhost release approve --tenant shop --environment production --execution e-1 --reason TEXT';

test('a waiting release shows where it is approved, and what to do then', () => {
  expect(waitingLines({ place, pipeline, record: { approvals }, snapshot: asked, gitlab })).toEqual([
    'the execution e-1 waits for an approval',
    'in GitLab: https://gitlab.example.test/platform/approvals/-/pipelines/new?ref=main for shop in production',
    `in AWS, with the role vendhost-production-shop-approver: ${console}`,
    `or by the command: ${command}`,
    'next: when it is approved, retry this job: it follows the release to its end',
  ]);
});

test('without a project that approves it names people only, and outside a job no address', () => {
  const alone = waitingLines({ place, pipeline, record: {}, snapshot: asked, gitlab });
  expect(alone.filter((line) => line.startsWith('in GitLab'))).toEqual([]);
  const byHand = waitingLines({ place, pipeline, record: { approvals }, snapshot: asked, gitlab: '' });
  expect(byHand[1]).toBe('in GitLab: a new pipeline of platform/approvals on main for shop in production');
});

test('a release behind an older one shows which, and how to get past it', () => {
  const behind = { id: 'e-0', revision: 'software/shop/0.zip' };
  const moment = snapshot('InProgress', { behind });
  const lines = waitingLines({ place, pipeline, record: { approvals }, snapshot: moment, gitlab });
  expect(lines.slice(0, 2)).toEqual([
    'the execution e-1 waits behind e-0, which waits for an approval of software/shop/0.zip',
    'to let this one pass, have the older one rejected (or approved, if production is to have it first)',
  ]);
  expect(lines).toContain(`or by the command: ${command.replace('approve', 'reject').replace('e-1', 'e-0')}`);
});
