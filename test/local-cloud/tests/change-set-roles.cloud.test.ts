import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DescribeChangeSetCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
} from '@aws-sdk/client-cloudformation';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';
import { type LocalCloud, startLocalCloud } from '../start.ts';
import { account, execution, roles, typed } from './platform-rights.ts';

/** With IAM enforced: whoever makes and executes change sets needs rights on their stacks, and gives CloudFormation a role. */

let cloud: LocalCloud;
let stacks: Stacks;
let deploy: CloudFormationClient;

beforeAll(async () => {
  cloud = await startLocalCloud({ auth: true, say: () => undefined });
  const root = clientConfig(cloud.endpoint, account);
  stacks = new Stacks(root);
  await stacks.create('roles', { resources: roles });
  const { Credentials } = await new STSClient(root).send(
    new AssumeRoleCommand({ RoleArn: `arn:aws:iam::${account}:role/deploy`, RoleSessionName: 'job' }),
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
  deploy = new CloudFormationClient({ ...root, credentials, maxAttempts: 1 });
});

afterAll(() => cloud.stop());

const template = (name: string) => ({
  TemplateBody: JSON.stringify({
    Resources: { Fact: typed('SSM::Parameter', { Name: name, Type: 'String', Value: 'x' }) },
  }),
});
const change = (StackName: string, ChangeSetName: string, fact: string, RoleARN?: string) =>
  new CreateChangeSetCommand({
    StackName,
    ChangeSetName,
    ChangeSetType: 'CREATE',
    ...template(fact),
    ...(RoleARN ? { RoleARN } : {}),
  });

async function executed(stack: string, changeSet: string | undefined) {
  await deploy.send(new ExecuteChangeSetCommand({ ChangeSetName: changeSet }));
  for (;;) {
    const { Stacks: found } = await deploy.send(new DescribeStacksCommand({ StackName: stack }));
    if (!found?.[0]?.StackStatus?.endsWith('_IN_PROGRESS')) return found?.[0];
  }
}

test('a change set is executed as the role it was made with, which the stack keeps', async () => {
  const made = await deploy.send(change('site-facts', 'first', '/site/fact', execution));
  const before = await stacks.client.send(new DescribeStacksCommand({ StackName: 'site-facts' }));
  expect(before.Stacks?.[0]?.RoleARN).toBeUndefined();
  const described = await deploy.send(
    new DescribeChangeSetCommand({ StackName: made.StackId, ChangeSetName: 'first' }),
  );
  expect(described).toMatchObject({ ExecutionStatus: 'AVAILABLE', ChangeSetId: made.Id });
  expect(await executed('site-facts', made.Id)).toMatchObject({ StackStatus: 'CREATE_COMPLETE', RoleARN: execution });
});

test('it does what that role may do, and no more', async () => {
  const made = await deploy.send(change('site-wrong', 'first', '/elsewhere/fact', execution));
  expect(await executed('site-wrong', made.Id)).toMatchObject({ StackStatus: 'ROLLBACK_COMPLETE' });
});

test('it is made for the stacks and with the role one has', async () => {
  await expect(deploy.send(change('others', 'mine', '/site/fact', execution))).rejects.toThrow(
    /cloudformation:CreateChangeSet on resource: arn:aws:cloudformation:eu-west-1:670000000001:stack\/others\//,
  );
  const other = `arn:aws:iam::${account}:role/deploy`;
  await expect(deploy.send(change('site-other', 'mine', '/site/fact', other))).rejects.toThrow(
    `iam:PassRole on resource: ${other}`,
  );
  const theirs = await stacks.client.send(change('strangers', 'theirs', '/x'));
  await expect(deploy.send(new ExecuteChangeSetCommand({ ChangeSetName: theirs.Id }))).rejects.toThrow(
    /cloudformation:ExecuteChangeSet on resource: arn:aws:cloudformation:eu-west-1:670000000001:stack\/strangers\//,
  );
  await expect(
    deploy.send(new DeleteChangeSetCommand({ StackName: 'strangers', ChangeSetName: 'theirs' })),
  ).rejects.toThrow('cloudformation:DeleteChangeSet');
});
