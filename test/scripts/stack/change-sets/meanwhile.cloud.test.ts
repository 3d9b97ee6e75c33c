import { ExecuteChangeSetCommand } from '@aws-sdk/client-cloudformation';
import { expect, inject, test } from 'vitest';
import { openAws } from '../../../../scripts/aws/session.ts';
import { executeChangeSets } from '../../../../scripts/stack/change-sets/execute.ts';
import { recorder } from '../../../builders/recorder.ts';
import { accountEnvironment } from '../../../local-cloud/start.ts';
import { justBefore, wire } from '../../wire.ts';
import { stackWorld } from '../world.ts';

const account = '100000000325';
const cloud = inject('localCloud');
const { aws, save } = stackWorld(account);

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
