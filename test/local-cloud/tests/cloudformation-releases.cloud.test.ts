import { CodeDeployClient, GetDeploymentConfigCommand, GetDeploymentGroupCommand } from '@aws-sdk/client-codedeploy';
import { CodePipelineClient, GetPipelineCommand, GetPipelineStateCommand } from '@aws-sdk/client-codepipeline';
import { expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';
import { att, ref } from './resources.ts';

const { endpoint } = inject('localCloud');
const account = '610000000044';
const config = clientConfig(endpoint, account);
const stacks = new Stacks(config);

const role = (service: string) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Statement: [{ Effect: 'Allow', Principal: { Service: `${service}.amazonaws.com` }, Action: 'sts:AssumeRole' }],
    },
  },
});

interface Variant {
  rollback: boolean;
  key: string;
  closed: boolean;
}

const releases = ({ rollback, key, closed }: Variant) => ({
  resources: {
    Bucket: {
      Type: 'AWS::S3::Bucket',
      Properties: { BucketName: 'release-types', VersioningConfiguration: { Status: 'Enabled' } },
    },
    DeployRole: role('codedeploy'),
    PipelineRole: role('codepipeline'),
    Application: { Type: 'AWS::CodeDeploy::Application', Properties: { ComputePlatform: 'Server' } },
    Careful: {
      Type: 'AWS::CodeDeploy::DeploymentConfig',
      Properties: { MinimumHealthyHosts: { Type: 'FLEET_PERCENT', Value: 50 } },
    },
    Group: {
      Type: 'AWS::CodeDeploy::DeploymentGroup',
      Properties: {
        ApplicationName: ref('Application'),
        DeploymentGroupName: 'release-types',
        DeploymentConfigName: ref('Careful'),
        ServiceRoleArn: att('DeployRole', 'Arn'),
        Ec2TagFilters: [{ Key: 'role', Value: 'app', Type: 'KEY_AND_VALUE' }],
        ...(rollback ? { AutoRollbackConfiguration: { Enabled: true, Events: ['DEPLOYMENT_FAILURE'] } } : {}),
      },
    },
    Pipeline: {
      Type: 'AWS::CodePipeline::Pipeline',
      Properties: {
        Name: 'release-types',
        PipelineType: 'V2',
        RoleArn: att('PipelineRole', 'Arn'),
        ArtifactStore: { Type: 'S3', Location: ref('Bucket') },
        DisableInboundStageTransitions: closed ? [{ StageName: 'Deploy', Reason: 'closed' }] : [],
        Stages: [
          {
            Name: 'Source',
            Actions: [
              {
                Name: 'Revision',
                ActionTypeId: { Category: 'Source', Owner: 'AWS', Provider: 'S3', Version: 1 },
                Configuration: { S3Bucket: ref('Bucket'), S3ObjectKey: key, PollForSourceChanges: false },
                OutputArtifacts: [{ Name: 'Revision' }],
              },
            ],
          },
          {
            Name: 'Deploy',
            Actions: [
              {
                Name: 'Deploy',
                ActionTypeId: { Category: 'Deploy', Owner: 'AWS', Provider: 'CodeDeploy', Version: '1' },
                Configuration: { ApplicationName: ref('Application'), DeploymentGroupName: ref('Group') },
                InputArtifacts: [{ Name: 'Revision' }],
              },
            ],
          },
        ],
      },
    },
  },
  outputs: {
    Application: ref('Application'),
    Group: ref('Group'),
    Config: ref('Careful'),
    Version: att('Pipeline', 'Version'),
  },
});

test('applications, groups, configurations and pipelines come, change in place and go', async () => {
  const codedeploy = new CodeDeployClient(config);
  const codepipeline = new CodePipelineClient(config);
  const created = await stacks.create('releases', releases({ rollback: true, key: 'one.zip', closed: true }));
  expect(created).toMatchObject({ status: 'CREATE_COMPLETE', failures: [], outputs: { Version: '1' } });
  const { Application: applicationName, Group: deploymentGroupName, Config: deploymentConfigName } = created.outputs;
  const group = async () => {
    const found = await codedeploy.send(new GetDeploymentGroupCommand({ applicationName, deploymentGroupName }));
    return found.deploymentGroupInfo;
  };
  expect(await group()).toMatchObject({
    deploymentConfigName,
    ec2TagFilters: [{ Key: 'role', Value: 'app', Type: 'KEY_AND_VALUE' }],
    autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE'] },
  });
  const { deploymentConfigInfo } = await codedeploy.send(new GetDeploymentConfigCommand({ deploymentConfigName }));
  expect(deploymentConfigInfo?.minimumHealthyHosts).toEqual({ type: 'FLEET_PERCENT', value: 50 });
  const transition = async () => {
    const { stageStates } = await codepipeline.send(new GetPipelineStateCommand({ name: 'release-types' }));
    return stageStates?.[1]?.inboundTransitionState?.enabled;
  };
  expect(await transition()).toBe(false);

  const changed = releases({ rollback: false, key: 'two.zip', closed: false });
  const updated = await stacks.update('releases', changed);
  expect(updated.outputs).toEqual({ ...created.outputs, Version: '2' });
  expect((await group())?.autoRollbackConfiguration?.enabled).toBe(false);
  expect(await transition()).toBe(true);
  const { pipeline } = await codepipeline.send(new GetPipelineCommand({ name: 'release-types' }));
  expect(pipeline?.stages?.[0]?.actions?.[0]?.configuration).toEqual({
    S3Bucket: 'release-types',
    S3ObjectKey: 'two.zip',
    PollForSourceChanges: 'false',
  });

  expect((await stacks.delete('releases')).status).toBe('DELETE_COMPLETE');
  await expect(group()).rejects.toMatchObject({ name: 'ApplicationDoesNotExistException' });
  await expect(codepipeline.send(new GetPipelineCommand({ name: 'release-types' }))).rejects.toMatchObject({
    name: 'PipelineNotFoundException',
  });
});
