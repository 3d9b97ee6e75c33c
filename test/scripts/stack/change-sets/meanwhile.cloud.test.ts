import { ExecuteChangeSetCommand, ListChangeSetsCommand } from '@aws-sdk/client-cloudformation';
import { expect, inject, test } from 'vitest';
import { openAws } from '../../../../scripts/aws/session.ts';
import { Cancelled } from '../../../../scripts/errors.ts';
import { executeChangeSets } from '../../../../scripts/stack/change-sets/execute.ts';
import { recorder } from '../../../builders/recorder.ts';
import { accountEnvironment } from '../../../local-cloud/start.ts';
import { justBefore, type Meddler, wire } from '../../wire.ts';
import { stackWorld } from '../world.ts';

const account = '100000000325';
const cloud = inject('localCloud');
const { aws, deploy, save } = stackWorld(account);

test('between the check of a plan and its execution somebody else executes it', async () => {
  const saved = await save({ quicker: { A: 'a' } });
  const ChangeSetName = saved[0]?.changeSet ?? '';
  const quicker = justBefore('ExecuteChangeSet', async () =>
    (await aws.cloudFormation()).send(new ExecuteChangeSetCommand({ StackName: 'quicker', ChangeSetName })),
  );
  const env = { ...accountEnvironment(cloud, account), AWS_ENDPOINT_URL: await wire(cloud.endpoint, quicker) };
  const runtime = recorder(env);
  await expect(executeChangeSets(runtime, openAws(runtime), saved)).rejects.toMatchObject({
    code: 'PLAN_STALE',
    details: [expect.stringMatching(/^quicker: /)],
  });
});

test('a plan that is cancelled while its change set is made leaves none', async () => {
  const stop = new AbortController();
  const cancel: Meddler = async (call, next) => {
    const answer = await next();
    if (call.operation !== 'DescribeChangeSet') return answer;
    stop.abort(new Cancelled('SIGTERM'));
    const body = String(answer.body).replace(/<Status>\w+/, '<Status>CREATE_IN_PROGRESS');
    return { ...answer, headers: {}, body };
  };
  const env = { ...accountEnvironment(cloud, account), AWS_ENDPOINT_URL: await wire(cloud.endpoint, cancel) };
  await deploy({ dropped: { A: 'first' } });
  const own = recorder(env, { signal: stop.signal });
  await expect(save({ dropped: { A: 'second' } }, {}, own)).rejects.toMatchObject({ code: 'CANCELLED' });
  const { Summaries } = await (await aws.cloudFormation()).send(new ListChangeSetsCommand({ StackName: 'dropped' }));
  expect(Summaries ?? []).toEqual([]);
});
