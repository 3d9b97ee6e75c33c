import { UpdateTerminationProtectionCommand } from '@aws-sdk/client-cloudformation';
import { DescribeLaunchTemplateVersionsCommand, DescribeSecurityGroupsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { callJson, clientConfig } from '../clients.ts';
import { att, ref } from './resources.ts';

/** What ministack has types for, but answered otherwise than AWS. */
const { endpoint } = inject('localCloud');
const account = '630000000001';
const stacks = new Stacks(clientConfig(endpoint, account));

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

describe('a virtual host', () => {
  const ec2 = new EC2Client(clientConfig(endpoint, account));
  const network = {
    Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.9.0.0/16' } },
    Fact: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/facts/vpc-id', Type: 'String', Value: ref('Vpc') } },
  };
  const host = (size: number) => ({
    parameters: {
      VpcId: { Type: 'AWS::SSM::Parameter::Value<AWS::EC2::VPC::Id>', Default: '/facts/vpc-id' },
      Ami: { Type: 'AWS::EC2::Image::Id' },
    },
    values: [{ ParameterKey: 'Ami', ParameterValue: 'ami-0123456789abcdef0' }],
    tags: [{ Key: 'vendhost:tenant', Value: 'shop' }],
    resources: {
      Group: {
        Type: 'AWS::EC2::SecurityGroup',
        Properties: { GroupDescription: 'hosts', VpcId: ref('VpcId') },
      },
      Targets: {
        Type: 'AWS::ElasticLoadBalancingV2::TargetGroup',
        Properties: {
          Name: 'our-stacks',
          Port: 8080,
          Protocol: 'HTTP',
          VpcId: ref('VpcId'),
          HealthCheckPath: '/health',
        },
      },
      Template: {
        Type: 'AWS::EC2::LaunchTemplate',
        Properties: {
          LaunchTemplateData: {
            ImageId: ref('Ami'),
            InstanceType: 't3.small',
            SecurityGroupIds: [ref('Group')],
            MetadataOptions: { HttpTokens: 'required' },
            BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: size, Encrypted: true } }],
            UserData: { 'Fn::Base64': '#!/bin/sh' },
          },
        },
      },
    },
    outputs: {
      Vpc: ref('VpcId'),
      Group: ref('Group'),
      Template: ref('Template'),
      Version: att('Template', 'LatestVersionNumber'),
      Targets: att('Targets', 'TargetGroupFullName'),
    },
  });

  test('reads facts as parameters, tags what it makes, and gives each change of the template a version', async () => {
    const facts = await stacks.create('facts', { resources: network, outputs: { Vpc: ref('Vpc') } });
    const created = await stacks.create('host', host(8));
    expect(created).toMatchObject({ status: 'CREATE_COMPLETE', failures: [], outputs: { Version: '1' } });
    expect(created.outputs.Vpc).toBe(facts.outputs.Vpc);
    expect(created.outputs.Targets).toMatch(/^targetgroup\/our-stacks\/\w{16}$/);
    const { SecurityGroups } = await ec2.send(
      new DescribeSecurityGroupsCommand({ GroupIds: [String(created.outputs.Group)] }),
    );
    expect(SecurityGroups?.[0]?.Tags).toContainEqual({ Key: 'vendhost:tenant', Value: 'shop' });

    const updated = await stacks.update('host', host(10));
    expect(updated.outputs).toEqual({ ...created.outputs, Version: '2' });
    const { LaunchTemplateVersions } = await ec2.send(
      new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId: created.outputs.Template, Versions: ['2'] }),
    );
    expect(LaunchTemplateVersions?.[0]?.LaunchTemplateData).toMatchObject({
      ImageId: 'ami-0123456789abcdef0',
      SecurityGroupIds: [created.outputs.Group],
      MetadataOptions: { HttpTokens: 'required' },
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { VolumeSize: 10, Encrypted: true } }],
      UserData: Buffer.from('#!/bin/sh').toString('base64'),
    });
    expect((await stacks.delete('host')).status).toBe('DELETE_COMPLETE');
  });
});
