import { expect, test } from 'vitest';
import { isMeant, readRunning } from '../../../scripts/repair/redeploy.ts';
import { answering } from '../answering.ts';

const own = 'restart: the revision of d-1, 1';

test.each([
  ['the one that was begun, also when it has ended', { description: own, status: 'Succeeded' }, true],
  ['a restart that a killed job began', { description: 'restart: the revision of d-1, 2', status: 'InProgress' }, true],
  ['one that has ended', { description: 'restart: the revision of d-1, 2', status: 'Succeeded' }, false],
  ['a release', { status: 'InProgress' }, false],
  ['what somebody else deploys', { description: 'by hand', status: 'InProgress' }, false],
] as const)('a restart follows %s: %s', (_, found, isFollowed) => {
  expect(isMeant(found, own)).toBe(isFollowed);
});

const pipeline = { name: 'shop', region: 'eu-west-1', source: 'Revision', application: 'shop', group: 'shop' };
const refused = { code: 'DEPLOYMENT_UNDERWAY', message: 'shop has a deployment in progress: d-2' };

test.each([
  ['a release', { creator: 'user' }, refused],
  ["CodeDeploy's rollback", { creator: 'codeDeployRollback', description: 'rollback' }, refused],
  ['a restart, which is followed', { creator: 'user', description: own }, undefined],
  ["a new instance's", { creator: 'autoscaling' }, undefined],
] as const)('a restart, and its dry run, while a deployment goes on: %s', async (_, of, expected) => {
  const revision = { revisionType: 'S3', s3Location: { bucket: 'b', key: 'k' } };
  const { aws } = await answering(({ operation, body }) => {
    if (operation === 'GetDeployment') {
      const isNewest = body.includes('d-2');
      return JSON.stringify({ deploymentInfo: isNewest ? { deploymentId: 'd-2', ...of } : { revision } });
    }
    const lastAttemptedDeployment = { deploymentId: 'd-2', status: 'InProgress' };
    const deploymentGroupInfo = { lastAttemptedDeployment, lastSuccessfulDeployment: { deploymentId: 'd-1' } };
    return JSON.stringify({ deploymentGroupInfo });
  });
  const asked = readRunning(aws, pipeline);
  if (expected === undefined) expect(await asked).toMatchObject({ deploymentId: 'd-1', revision });
  else await expect(asked).rejects.toMatchObject(expected);
});
