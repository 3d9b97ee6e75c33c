import { beforeAll, expect, test, vi } from 'vitest';
import { exitCodes } from '../../../scripts/errors.ts';
import { promoteRelease } from '../../../scripts/promotion/promote-release.ts';
import { answerApproval } from '../../../scripts/release/approval/answer-approval.ts';
import { recorder } from '../../builders/recorder.ts';
import { VirtualHost } from './virtual-host.ts';

/** Jobs that are run again after their approval, as their output says, while others release and approve too. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const staging = new VirtualHost('251000000001', 'shop', 'staging');
const production = new VirtualHost('251000000001', 'shop', 'production');
const gitlab = 'https://gitlab.example.test/acme/shop';
const job = (pipeline: number) => ({ CI_PIPELINE_URL: `${gitlab}/-/pipelines/${pipeline}` });
let one: string;
let two: string;

beforeAll(async () => {
  await Promise.all([staging.make(), production.make({ approval: true })]);
  await Promise.all([staging.atRest(), production.atRest()]);
  one = await production.push('one');
  two = await production.push('two');
});

async function promote(pipeline: number, revision?: string) {
  const runtime = recorder({ ...production.env, ...job(pipeline) });
  const all = { ...production.place, from: undefined, withImage: false, directory: '/nowhere', reason: '' };
  return await production.ended(runtime, promoteRelease(runtime, { ...all, revision, dryRun: false }));
}

test('the job of an approved release follows it, or has nothing to do, while a newer one waits', async () => {
  const older = await production.release(one, { job: job(11) });
  const newer = await production.release(two, { job: job(12) });
  const waiting = older.result?.executionId ?? '';
  expect([older.code, newer.code]).toEqual([exitCodes.waiting, exitCodes.waiting]);
  expect((await production.release(one, { job: job(11) })).result?.executionId).toBe(waiting);
  const before = await production.executions();
  await production.answer(waiting, 'Approved', 'fine');
  // The deployment may be over by now: then there is nothing left to follow.
  const again = async () => (await production.release(one, { job: job(11) })).result;
  expect(await again()).toMatchObject({
    executionId: waiting,
    status: expect.stringMatching(/^(succeeded|unchanged)$/),
  });
  expect(await again()).toMatchObject({ executionId: waiting, status: 'unchanged' });
  expect(await production.executions()).toHaveLength(before.length);
  // Another pipeline's release of the same revision is one of its own.
  expect((await production.release(one, { job: job(13), dryRun: true })).result?.status).toBe('start');
  await production.answer(newer.result?.executionId ?? '', 'Approved', 'fine');
  await production.atRest();
});

test('the job of a rollback follows it while a newer release waits behind it', async () => {
  const back = await production.rollBack({}, job(14));
  expect([back.code, back.result?.revisionKey]).toEqual([exitCodes.waiting, one]);
  const newer = await production.release(await production.push('three'), { job: job(15) });
  const again = await production.rollBack({}, job(14));
  expect([again.code, again.result?.executionId]).toEqual([exitCodes.waiting, back.result?.executionId]);
  await production.answer(back.result?.executionId ?? '', 'Approved', 'fine');
  await production.rollBack({}, job(14));
  expect((await production.rollBack({}, job(14))).result?.status).toBe('unchanged');
  await production.answer(newer.result?.executionId ?? '', 'Rejected', 'no');
  await production.atRest();
});

test('the job of a promotion follows what it promoted, whatever staging runs since', async () => {
  const tested = await staging.push('tested');
  const { result } = await staging.release(tested);
  const promoted = await promote(16);
  expect([promoted.code, promoted.result?.revisionKey]).toEqual([exitCodes.waiting, tested]);
  await staging.release(await staging.push('not tested yet'));
  expect((await promote(17, result?.executionId)).error).toMatchObject({ code: 'PROMOTION_OUTDATED' });
  const [before, execution] = [await production.executions(), promoted.result?.executionId ?? ''];
  for (const expected of [undefined, result?.executionId]) {
    const again = await promote(16, expected);
    expect([again.code, again.result?.executionId]).toEqual([exitCodes.waiting, execution]);
  }
  await production.answer(execution, 'Approved', 'fine');
  await promote(16);
  expect((await promote(16)).result).toMatchObject({ revisionKey: tested, status: 'unchanged' });
  expect(await production.executions()).toHaveLength(before.length);
});

test('of two approvers at the same moment one answers, and the other one is told how it was answered', async () => {
  const { result } = await production.release(two, { job: job(18) });
  const execution = result?.executionId ?? '';
  const answer = async (user: string, verb: 'approve' | 'reject') => {
    const runtime = recorder({ ...production.env, GITLAB_USER_LOGIN: user });
    const asked = { verb, execution, revision: two, reason: 'looked at it', dryRun: false };
    return await production.ended(runtime, answerApproval(runtime, { ...production.place, ...asked }));
  };
  const answers = await Promise.all([answer('grace', 'approve'), answer('linus', 'reject')]);
  const late = answers.filter(({ error }) => error !== undefined);
  expect(late).toHaveLength(1);
  expect(late[0]?.error).toMatchObject({
    code: 'APPROVAL_STALE',
    message: expect.stringMatching(/answered in the meantime: (Approved by grace|Rejected by linus): looked at it: /),
  });
  await production.atRest();
});
