import type { PipelineDeclaration } from '@aws-sdk/client-codepipeline';
import type { Aws } from '../aws/session.ts';
import type { Place } from '../config/names.ts';
import { isWithoutHost } from '../deployment/without-host.ts';
import { VendhostError } from '../errors.ts';
import { newPipeline } from '../gitlab/new-pipeline.ts';

/** The in-VPC pipeline of a virtual host, as far as a release needs to know it. */
export interface ReleasePipeline {
  readonly name: string;
  readonly region: string;
  /** The source action, whose object key a release overrides. */
  readonly source: string;
  readonly application: string;
  readonly group: string;
  /** Where it waits for an approval, if releases need one. */
  readonly approval?: { readonly stage: string; readonly action: string };
  /** Names of its variables, which a release may set. */
  readonly variables?: readonly string[];
}

/** Reads a tenant's pipeline by the name in its record; throws `PIPELINE_CHANGED` when it differs from what was vended. */
export async function readPipeline(aws: Aws, name: string): Promise<ReleasePipeline> {
  const { GetPipelineCommand, PipelineNotFoundException } = await import('@aws-sdk/client-codepipeline');
  const client = await aws.codePipeline();
  const { pipeline } = await client.send(new GetPipelineCommand({ name })).catch((cause: unknown) => {
    if (!(cause instanceof PipelineNotFoundException)) throw cause;
    throw new VendhostError('PIPELINE_CHANGED', `no pipeline ${name}`, { hint: changedHint, cause });
  });
  return pipelineOf(name, aws.region, pipeline);
}

/** The tenant's pipeline exists since it was vended; throws `HOST_MISSING` when there is nothing yet that it could deploy to. */
export async function checkHost(
  aws: Aws,
  { application, group }: Pick<ReleasePipeline, 'application' | 'group'>,
  place: Place,
): Promise<void> {
  const { GetDeploymentGroupCommand } = await import('@aws-sdk/client-codedeploy');
  const command = new GetDeploymentGroupCommand({ applicationName: application, deploymentGroupName: group });
  await (await aws.codeDeploy()).send(command).catch((cause: unknown) => {
    if (!isWithoutHost(cause)) throw cause;
    throw new VendhostError(
      'HOST_MISSING',
      `${place.tenant} has no virtual host in ${place.environment}: no deployment group ${group}`,
      { hint: `in GitLab, ${newPipeline}: it provisions the virtual host`, cause },
    );
  });
}

/** Finds the actions that matter; throws `PIPELINE_CHANGED` when the pipeline was changed. */
export function pipelineOf(name: string, region: string, declared: PipelineDeclaration | undefined): ReleasePipeline {
  const actions = (declared?.stages ?? []).flatMap(({ actions: inStage }) => inStage ?? []);
  const source = actions.find(
    ({ actionTypeId }) => actionTypeId?.category === 'Source' && actionTypeId.provider === 'S3',
  );
  const deploy = actions.find(({ actionTypeId }) => actionTypeId?.provider === 'CodeDeploy');
  const application = deploy?.configuration?.ApplicationName;
  const group = deploy?.configuration?.DeploymentGroupName;
  if (source?.name !== undefined && application !== undefined && group !== undefined) {
    const found = { name, region, source: source.name, application, group };
    const variables = (declared?.variables ?? []).flatMap(({ name: variable }) => variable ?? []);
    const approval = approvalOf(declared);
    return {
      ...found,
      ...(approval === undefined ? {} : { approval }),
      ...(variables.length > 0 ? { variables } : {}),
    };
  }
  throw new VendhostError('PIPELINE_CHANGED', `the pipeline ${name} has no S3 source or no CodeDeploy action`, {
    hint: changedHint,
  });
}

function approvalOf(declared: PipelineDeclaration | undefined): ReleasePipeline['approval'] {
  for (const { name: stage = '', actions = [] } of declared?.stages ?? []) {
    const found = actions.find(({ actionTypeId }) => actionTypeId?.category === 'Approval');
    if (found?.name !== undefined) return { stage, action: found.name };
  }
  return undefined;
}

const changedHint = 'it was changed outside CloudFormation: ask the platform team to undo that';

/** Where a person looks at the pipeline, and approves. */
export function consoleUrl({ name, region }: Pick<ReleasePipeline, 'name' | 'region'>): string {
  return `https://${region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/${name}/view?region=${region}`;
}
