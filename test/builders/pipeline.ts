import { CreatePipelineCommand, type StageDeclaration } from '@aws-sdk/client-codepipeline';
import { names } from '../../scripts/config/names.ts';
import type { Platform } from './platform.ts';

export interface PipelineOptions {
  readonly roleArn?: string;
  readonly approval?: boolean;
}

/** Makes a tenant's pipeline as vending does, with its artifacts in the environment's bucket; its role is nobody's. */
export async function makePipeline(platform: Platform, tenant: string, options: PipelineOptions = {}): Promise<void> {
  const { aws, account, bucket, environment } = platform;
  const place = { tenant, environment };
  const name = names.host(place);
  const { roleArn = `arn:aws:iam::${account}:role/${name}`, approval = false } = options;
  await (await aws.codePipeline()).send(
    new CreatePipelineCommand({
      pipeline: {
        name,
        roleArn,
        pipelineType: 'V2',
        executionMode: 'SUPERSEDED',
        artifactStore: { type: 'S3', location: bucket },
        stages: stages(name, { bucket, artifact: names.artifact(place), approval }),
      },
    }),
  );
}

function stages(
  name: string,
  { bucket, artifact, approval }: { bucket: string; artifact: string; approval: boolean },
): StageDeclaration[] {
  const kind = (category: 'Source' | 'Approval' | 'Deploy', provider: string) =>
    ({ category, owner: 'AWS', provider, version: '1' }) as const;
  const source = { S3Bucket: bucket, S3ObjectKey: 'none.zip', PollForSourceChanges: 'false' };
  return [
    {
      name: 'Source',
      actions: [
        {
          name: 'Revision',
          actionTypeId: kind('Source', 'S3'),
          configuration: { ...source, AllowOverrideForS3ObjectKey: 'true' },
          outputArtifacts: [{ name: artifact }],
        },
      ],
    },
    ...(approval
      ? [{ name: 'Approve', actions: [{ name: 'Approve', actionTypeId: kind('Approval', 'Manual') }] }]
      : []),
    {
      name: 'Deploy',
      actions: [
        {
          name: 'Deploy',
          actionTypeId: kind('Deploy', 'CodeDeploy'),
          configuration: { ApplicationName: name, DeploymentGroupName: name },
          inputArtifacts: [{ name: artifact }],
        },
      ],
    },
  ];
}
