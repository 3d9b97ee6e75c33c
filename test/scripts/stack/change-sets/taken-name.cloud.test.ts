import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { expect, inject, test } from 'vitest';
import { createChangeSet } from '../../../../scripts/stack/change-sets/change-set.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { recorder } from '../../../builders/recorder.ts';
import { clientConfig } from '../../../local-cloud/clients.ts';

const account = '100000000396';
const { aws } = cloudAccount(account);

test('names that exist fail the change set: each is named, and the empty stack is deleted', async () => {
  const bucket = 'somebody-elses-100000000396';
  await (await aws.s3()).send(new CreateBucketCommand({ Bucket: bucket }));
  const secrets = new SecretsManagerClient(clientConfig(inject('localCloud').endpoint, account));
  await secrets.send(new CreateSecretCommand({ Name: 'somebody-elses', SecretString: 'x' }));
  const template = {
    Parameters: { Name: { Type: 'String' } },
    Resources: {
      Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: { Ref: 'Name' } } },
      Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'somebody-elses' } },
      Free: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'nobodys' } },
    },
  };
  const request = { stack: 'vendhost-dev-taken', template, parameters: { Name: bucket }, name: 'plan' };
  await expect(createChangeSet(recorder(), aws, request, undefined)).rejects.toMatchObject({
    code: 'CHANGE_SET_FAILED',
    message: expect.stringContaining('AWS::EarlyValidation::ResourceExistenceCheck'),
    details: [
      `vendhost-dev-taken: Bucket (AWS::S3::Bucket): Resource of type 'AWS::S3::Bucket' with identifier '${bucket}' already exists.`,
      "vendhost-dev-taken: Secret (AWS::SecretsManager::Secret): Resource of type 'AWS::SecretsManager::Secret' with identifier 'somebody-elses' already exists.",
    ],
  });
  const look = (await aws.cloudFormation()).send(new DescribeStacksCommand({ StackName: 'vendhost-dev-taken' }));
  await expect(look).rejects.toThrow('does not exist');
});
