import { expect, test } from 'vitest';
import type { Vending } from '../../../../scripts/tenant/vend-plan.ts';
import { carryOutVend } from '../../../../scripts/tenant/vending/carry-out.ts';
import type { OpenedVend } from '../../../../scripts/tenant/vending/open-vend.ts';
import { recorder } from '../../../builders/recorder.ts';

/** A tenant without a runner, which a job is about to vend. */
async function refusalIn(env: Readonly<Record<string, string>>) {
  const runtime = recorder(env);
  const vending = {
    runtime,
    place: { environment: 'dev', tenant: 'shop' },
    tenant: { intake: 'webhook' },
    chosen: { config: { account: '100000000001' } },
  } as unknown as Vending;
  const opened = { planned: [], vendingsOf: () => [vending] } as unknown as OpenedVend;
  return await carryOutVend(runtime, { tenant: 'shop' }, opened).catch((error: unknown) => error);
}

test('a job that may not vend a tenant without a runner names whom to ask, and the command', async () => {
  const claims = Buffer.from(JSON.stringify({ user_login: 'jo' })).toString('base64url');
  const refusal = await refusalIn({ VENDHOST_ID_TOKEN: `e30.${claims}.c2ln`, GITLAB_USER_LOGIN: 'mallory' });
  expect(refusal).toMatchObject({
    code: 'NOT_IN_A_JOB',
    hint: '@jo, who started this pipeline, or an administrator whom they ask, runs by hand, with rights in account 100000000001 and VENDHOST_GITLAB_TOKEN (Maintainer, scope api): vendhost tenant vend shop --environment dev --protect-branches',
  });
});

test('a token that names nobody asks an administrator', async () => {
  expect(await refusalIn({ VENDHOST_ID_TOKEN: 'token' })).toMatchObject({
    hint: expect.stringMatching(/^an administrator runs by hand, with rights in account 100000000001/),
  });
});
