import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StartInstancesCommand, StopInstancesCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { beforeAll, expect, inject, test } from 'vitest';
import { diagnostics } from '../../builders/deployment-outcome.ts';
import { Deployments } from '../../builders/deployments.ts';
import { agentInstaller } from '../../builders/instances.ts';
import { script } from '../../builders/revision.ts';
import { Fleet } from './fleet.ts';

const { endpoint } = inject('localCloud');
const account = '660000000017';
const cloud = new Deployments(endpoint, account, 'dawn');
const fleet = new Fleet(endpoint, account);
const seal = join(import.meta.dirname, '../../../packer/base/seal.sh');
const late = (seconds: number) => ['mkdir -p /etc/local-cloud', `echo ${seconds} > /etc/local-cloud/user-data-delay`];
const revision = {
  'appspec.yml': 'version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: see.sh\n',
  'see.sh': script('cat /etc/from-user-data'),
};

/** An image of an instance on which these lines were run. */
async function image(name: string, ...lines: string[]): Promise<string> {
  const { InstanceId = '' } = await fleet.run({ UserData: btoa(script('set -e', ...lines, 'echo all done')) });
  await fleet.consoleWith(InstanceId, 'all done');
  const { ImageId = '' } = await fleet.createImage(InstanceId, name);
  await fleet.ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  return ImageId;
}

async function launch(group: string, ImageId: string, ...lines: string[]): Promise<string> {
  const { InstanceId = '' } = await fleet.run({
    ImageId,
    UserData: btoa(script('set -e', ...lines)),
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'group', Value: group }] }],
  });
  await cloud.group(group);
  return InstanceId;
}

beforeAll(async () => {
  await cloud.prepare();
});

test('an agent that is enabled in the image does not wait for user data', async () => {
  // Later than this test ends.
  const enabled = await image('enabled', ...agentInstaller(endpoint), ...late(1000));
  await launch('early', enabled, 'echo there > /etc/from-user-data');
  const outcome = await cloud.deploy('early', revision);
  expect(outcome.status).toBe('Failed');
  expect(diagnostics(outcome, 'AfterInstall')?.logTail).toContain('No such file or directory');
});

test('one of a sealed image starts when user data says so, and from then on at each boot', async () => {
  const sealed = await image('sealed', ...agentInstaller(endpoint), ...late(2), await readFile(seal, 'utf8'));
  const id = await launch(
    'last',
    sealed,
    'echo there > /etc/from-user-data',
    'systemctl enable --now codedeploy-agent',
  );
  expect(await cloud.deploy('last', revision)).toMatchObject({ status: 'Succeeded' });
  await fleet.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
  await fleet.inState(id, 'stopped');
  await fleet.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
  await fleet.inState(id, 'running');
  expect(await cloud.deploy('last', revision)).toMatchObject({ status: 'Succeeded' });
});

test.each([
  ['a unit', 'ln -s /dev/null /etc/systemd/system/multi-user.target.wants/codedeploy-agent.service'],
  ['an init script', 'ln -s /dev/null /etc/rc3.d/S02codedeploy-agent'],
])('an image whose agent would still start by %s is not sealed', async (_, leave) => {
  const tried = [
    ...agentInstaller(endpoint),
    // As if disabling had left it.
    `printf '#!/bin/sh\\n${leave}\\n' > /usr/local/bin/systemctl`,
    'rm -f /etc/systemd/system/multi-user.target.wants/codedeploy-agent.service',
    `bash <<'SEAL' || echo refused\n${await readFile(seal, 'utf8')}\nSEAL`,
  ];
  const { InstanceId } = await fleet.run({ UserData: btoa(script(...tried)) });
  const console = await fleet.consoleWith(InstanceId, 'refused');
  expect(console).toContain('seal.sh: the CodeDeploy agent would start at boot, before user data: /etc/');
});
