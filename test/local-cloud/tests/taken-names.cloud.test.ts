import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2';
import { expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';

/** A stack never takes over what somebody else made under the same name. */
const config = clientConfig(inject('localCloud').endpoint, '630000000031');
const stacks = new Stacks(config);
const ec2 = new EC2Client(config);
const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.0.0.0/24' }));

test.each([
  ['AWS::SNS::Topic', 'TopicName', {}],
  ['AWS::SQS::Queue', 'QueueName', {}],
  ['AWS::Logs::LogGroup', 'LogGroupName', {}],
  ['AWS::SecretsManager::Secret', 'Name', { GenerateSecretString: {} }],
  [
    'AWS::RDS::DBSubnetGroup',
    'DBSubnetGroupName',
    { DBSubnetGroupDescription: 'taken', SubnetIds: [Subnet?.SubnetId] },
  ],
  ['AWS::RDS::DBParameterGroup', 'DBParameterGroupName', { Family: 'mysql8.4', Description: 'taken' }],
  [
    'AWS::EC2::LaunchTemplate',
    'LaunchTemplateName',
    { LaunchTemplateData: { InstanceType: 't3.micro', ImageId: 'ami-12345678' } },
  ],
  [
    'AWS::CloudWatch::Alarm',
    'AlarmName',
    {
      MetricName: 'Errors',
      Namespace: 'Taken',
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 1,
      EvaluationPeriods: 1,
      Period: 60,
      Statistic: 'Sum',
    },
  ],
])('%s', async (Type, name, properties) => {
  const resources = { Named: { Type, Properties: { [name]: 'taken', ...properties } } };
  const stack = Type.replaceAll('::', '-');
  expect(await stacks.create(stack, { resources })).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
  const second = await stacks.create(`${stack}-2`, { resources });
  expect(second.status).toBe('ROLLBACK_COMPLETE');
  expect(second.failures.join()).toContain(`Resource of type '${Type}'`);
  // It is still the first stack's, which can delete it.
  await stacks.delete(`${stack}-2`);
  expect((await stacks.delete(stack)).status).toBe('DELETE_COMPLETE');
  expect(await stacks.create(`${stack}-3`, { resources })).toMatchObject({ status: 'CREATE_COMPLETE' });
});
