import { UpdateTerminationProtectionCommand } from '@aws-sdk/client-cloudformation';
import { describe, expect, inject, test } from 'vitest';
import { callJson, clientConfig, Stacks } from './stacks.ts';

/** What ministack has types for, but answered otherwise than AWS. */
const { endpoint } = inject('localCloud');
const account = '630000000001';
const stacks = new Stacks(clientConfig(endpoint, account));
const ref = (Ref: string) => ({ Ref });
const att = (...path: string[]) => ({ 'Fn::GetAtt': path });

const role = {
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
  },
};

describe('what Ref is', () => {
  test('an instance profile by name, a secret by ARN, through updates', async () => {
    const resources = (description: string) => ({
      Role: role,
      Other: role,
      Profile: {
        Type: 'AWS::IAM::InstanceProfile',
        Properties: { InstanceProfileName: 'hosts', Roles: [ref(description === 'first' ? 'Role' : 'Other')] },
      },
      Secret: {
        Type: 'AWS::SecretsManager::Secret',
        Properties: { Name: 'refs/secret', Description: description, GenerateSecretString: {} },
      },
    });
    const outputs = { Profile: ref('Profile'), ProfileArn: att('Profile', 'Arn'), Secret: ref('Secret') };
    const created = await stacks.create('refs', { resources: resources('first'), outputs });
    expect(created.outputs).toMatchObject({
      Profile: 'hosts',
      ProfileArn: `arn:aws:iam::${account}:instance-profile/hosts`,
      Secret: expect.stringMatching(`^arn:aws:secretsmanager:eu-west-1:${account}:secret:refs/secret-\\w{6}$`),
    });
    const updated = await stacks.update('refs', { resources: resources('second'), outputs });
    expect(updated).toMatchObject({ status: 'UPDATE_COMPLETE', outputs: created.outputs });
    const described = await callJson(endpoint, account, 'secretsmanager.DescribeSecret', {
      SecretId: created.outputs.Secret,
    });
    expect(described.Description).toBe('second');
    expect((await stacks.delete('refs')).status).toBe('DELETE_COMPLETE');
  });
});

describe('a database', () => {
  const database = (protection: boolean) => ({
    Secret: {
      Type: 'AWS::SecretsManager::Secret',
      Properties: {
        GenerateSecretString: {
          SecretStringTemplate: '{"username":"lantern"}',
          GenerateStringKey: 'password',
          PasswordLength: 40,
          ExcludePunctuation: true,
        },
      },
    },
    Database: {
      Type: 'AWS::RDS::DBInstance',
      Properties: {
        Engine: 'mysql',
        EngineVersion: '8.4',
        DBInstanceClass: 'db.t4g.micro',
        AllocatedStorage: '20',
        DBName: 'lantern',
        DeletionProtection: protection,
        MasterUsername: { 'Fn::Sub': '{{resolve:secretsmanager:${Secret}:SecretString:username}}' },
        MasterUserPassword: { 'Fn::Sub': '{{resolve:secretsmanager:${Secret}:SecretString:password}}' },
      },
      DeletionPolicy: 'Delete',
    },
    Attachment: {
      Type: 'AWS::SecretsManager::SecretTargetAttachment',
      Properties: { SecretId: ref('Secret'), TargetId: ref('Database'), TargetType: 'AWS::RDS::DBInstance' },
    },
  });

  test('takes its password from a secret, which learns its address', async () => {
    const outputs = { Secret: ref('Secret'), Address: att('Database', 'Endpoint.Address') };
    const created = await stacks.create('database', { resources: database(true), outputs });
    expect(created).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
    const value = await callJson(endpoint, account, 'secretsmanager.GetSecretValue', {
      SecretId: created.outputs.Secret,
    });
    expect(JSON.parse(String(value.SecretString))).toEqual({
      username: 'lantern',
      password: expect.stringMatching(/^[A-Za-z0-9]{40}$/),
      engine: 'mysql',
      host: created.outputs.Address,
      port: 3306,
      dbname: 'lantern',
    });

    const refused = await stacks.delete('database');
    expect(refused.status).toBe('DELETE_FAILED');
    expect(refused.failures.join()).toContain('Cannot delete protected DB Instance');
  });

  test('goes when its protection does', async () => {
    await stacks.create('unprotected', { resources: database(true) });
    await stacks.update('unprotected', { resources: database(false) });
    expect((await stacks.delete('unprotected')).status).toBe('DELETE_COMPLETE');
  });
});

test('termination protection keeps a stack', async () => {
  await stacks.create('kept', { resources: { Role: role } });
  const protect = (EnableTerminationProtection: boolean) =>
    stacks.client.send(new UpdateTerminationProtectionCommand({ StackName: 'kept', EnableTerminationProtection }));
  await protect(true);
  await expect(stacks.delete('kept')).rejects.toThrow('TerminationProtection is enabled');
  await protect(false);
  expect((await stacks.delete('kept')).status).toBe('DELETE_COMPLETE');
});
