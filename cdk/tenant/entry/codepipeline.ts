import { CfnPipeline } from 'aws-cdk-lib/aws-codepipeline';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { commitVariable, keys, names, type Place } from '../../../scripts/config/names.ts';

export interface PipelineProps {
  readonly place: Place;
  readonly facts: PlatformFacts;
  readonly roleArn: string;
}

/**
 * Variables of the source action and of the pipeline are inserted into configurations of later actions
 * (https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html).
 */
const sourceNamespace = 'Source';

/** The source action; the caller who starts the pipeline names its revision. */
export const sourceAction = 'Revision';

type PipelineStage = CfnPipeline.StageDeclarationProperty;
type PipelineAction = CfnPipeline.ActionDeclarationProperty;

/**
 * The pipeline that releases a revision: S3 source, a manual approval if the platform requires one, CodeDeploy. It names the
 * application and the deployment group, which the virtual host creates.
 *
 * It does not poll for revisions: a release starts it with the key of one (`S3_OBJECT_KEY`). The key configured for the
 * source names no object, because CodePipeline executes a pipeline once when it is created; that first execution fails in
 * the source stage, with the key as the explanation, and deploys nothing.
 */
export class Pipeline extends Construct {
  constructor(scope: Construct, id: string, { place, facts, roleArn }: PipelineProps) {
    super(scope, id);
    const name = names.host(place);
    const artifact = names.artifact(place);
    const stages = [source(facts.bucket, place.tenant, artifact)];
    if (facts.approval) stages.push(approval(place, this.#approvals(place, facts['key-arn'])));
    stages.push(deploy(name, artifact));
    new CfnPipeline(this, 'Pipeline', {
      name,
      pipelineType: 'V2',
      // A newer release supersedes those that wait for approval or for another stage.
      executionMode: 'SUPERSEDED',
      restartExecutionOnUpdate: false,
      variables: [{ name: commitVariable, defaultValue: 'unknown', description: "Commit, by the tenant's job" }],
      roleArn,
      artifactStore: { type: 'S3', location: facts.bucket, encryptionKey: { type: 'KMS', id: facts['key-arn'] } },
      stages,
    });
  }

  #approvals(place: Place, keyArn: string): string {
    const topic = new Topic(this, 'Approvals', {
      topicName: `${names.host(place)}-approvals`,
      displayName: `Releases of ${place.tenant} in ${place.environment}`,
      masterKey: Key.fromKeyArn(this, 'Key', keyArn),
      enforceSSL: true,
    });
    return topic.topicArn;
  }
}

function source(bucket: string, tenant: string, artifact: string): PipelineStage {
  return {
    name: 'Source',
    actions: [
      action(sourceAction, 'Source', 'S3', {
        namespace: sourceNamespace,
        outputArtifacts: [{ name: artifact }],
        configuration: {
          S3Bucket: bucket,
          S3ObjectKey: keys.noRevision(tenant),
          PollForSourceChanges: 'false',
          AllowOverrideForS3ObjectKey: 'true',
        },
      }),
    ],
  };
}

function approval({ tenant, environment }: Place, topicArn: string): PipelineStage {
  return {
    name: 'Approval',
    actions: [
      action('Approve', 'Approval', 'Manual', {
        configuration: {
          NotificationArn: topicArn,
          CustomData: [
            `A release of ${tenant} to ${environment} waits for approval: #{${sourceNamespace}.ObjectKey},`,
            `version #{${sourceNamespace}.VersionId}, execution #{codepipeline.PipelineExecutionId}.`,
            `Commit, as the tenant's job says: #{variables.${commitVariable}}`,
          ].join(' '),
        },
      }),
    ],
  };
}

function deploy(host: string, artifact: string): PipelineStage {
  return {
    name: 'Deploy',
    actions: [
      action('CodeDeploy', 'Deploy', 'CodeDeploy', {
        inputArtifacts: [{ name: artifact }],
        configuration: { ApplicationName: host, DeploymentGroupName: host },
      }),
    ],
  };
}

function action(name: string, category: string, provider: string, rest: Partial<PipelineAction>): PipelineAction {
  return { name, actionTypeId: { category, owner: 'AWS', provider, version: '1' }, runOrder: 1, ...rest };
}
