import { setTimeout as wait } from 'node:timers/promises';
import {
  type ActionDeclaration,
  type ActionExecutionDetail,
  CodePipelineClient,
  CreatePipelineCommand,
  GetPipelineExecutionCommand,
  GetPipelineStateCommand,
  ListActionExecutionsCommand,
  ListPipelineExecutionsCommand,
  type PipelineDeclaration,
  type PipelineExecution,
  type StageState,
  StartPipelineExecutionCommand,
  type StartPipelineExecutionCommandInput,
} from '@aws-sdk/client-codepipeline';
import { clientConfig } from '../clients.ts';

const kinds = { S3: 'Source', Manual: 'Approval', CodeDeploy: 'Deploy' } as const;

/** An action of one of AWS's providers. */
export function action(
  name: string,
  provider: keyof typeof kinds,
  configuration: Record<string, string>,
  more: Partial<ActionDeclaration> = {},
): ActionDeclaration {
  const actionTypeId = { category: kinds[provider], owner: 'AWS' as const, provider, version: '1' };
  return { name, actionTypeId, configuration, ...more };
}

/** The S3 source `Software`; keys may be overridden. */
export function source(bucket: string, key: string, configuration: Record<string, string> = {}): ActionDeclaration {
  const settings = { S3Bucket: bucket, S3ObjectKey: key, PollForSourceChanges: 'false' };
  const overridable = { ...settings, AllowOverrideForS3ObjectKey: 'true', ...configuration };
  return action('Software', 'S3', overridable, { outputArtifacts: [{ name: 'Revision' }], namespace: 'Software' });
}

/** The pipelines of an account of the local cloud. */
export class Pipelines {
  readonly client: CodePipelineClient;
  readonly #account: string;
  readonly #bucket: string;

  constructor(endpoint: string, account: string, bucket: string) {
    this.#account = account;
    this.#bucket = bucket;
    this.client = new CodePipelineClient(clientConfig(endpoint, account));
  }

  /** A pipeline with a stage per list of actions, named like its first; its first execution has ended. */
  async create(name: string, stages: ActionDeclaration[][], more: Partial<PipelineDeclaration> = {}): Promise<void> {
    const pipeline = {
      name,
      roleArn: `arn:aws:iam::${this.#account}:role/pipeline`,
      pipelineType: 'V2' as const,
      artifactStore: { type: 'S3' as const, location: this.#bucket },
      stages: stages.map((actions) => ({ name: actions[0]?.name, actions })),
      ...more,
    };
    await this.client.send(new CreatePipelineCommand({ pipeline }));
    const { pipelineExecutionSummaries: first } = await this.client.send(
      new ListPipelineExecutionsCommand({ pipelineName: name }),
    );
    await this.ended(name, first?.[0]?.pipelineExecutionId ?? '');
  }

  /** Starts an execution with another key of the source; its id. */
  async start(name: string, key: string, more: Partial<StartPipelineExecutionCommandInput> = {}): Promise<string> {
    const override = { actionName: 'Software', revisionType: 'S3_OBJECT_KEY' as const, revisionValue: key };
    const request = new StartPipelineExecutionCommand({ name, sourceRevisions: [override], ...more });
    return (await this.client.send(request)).pipelineExecutionId ?? '';
  }

  async execution(pipelineName: string, pipelineExecutionId: string): Promise<PipelineExecution> {
    const request = new GetPipelineExecutionCommand({ pipelineName, pipelineExecutionId });
    return (await this.client.send(request)).pipelineExecution ?? {};
  }

  async ended(name: string, id: string): Promise<PipelineExecution> {
    for (;;) {
      const execution = await this.execution(name, id);
      if (!['InProgress', 'Stopping'].includes(execution.status ?? '')) return execution;
      await wait(30);
    }
  }

  async stage(name: string, stageName: string): Promise<StageState> {
    const { stageStates } = await this.client.send(new GetPipelineStateCommand({ name }));
    return stageStates?.find((stage) => stage.stageName === stageName) ?? {};
  }

  /** The token of the approval that waits for this execution in the stage and action of one name. */
  async approvalToken(name: string, stageName: string, id: string): Promise<string> {
    for (;;) {
      const { latestExecution, actionStates } = await this.stage(name, stageName);
      const token = actionStates?.[0]?.latestExecution?.token;
      if (token && latestExecution?.pipelineExecutionId === id) return token;
      await wait(30);
    }
  }

  /** The actions of an execution, newest first. */
  async actions(pipelineName: string, pipelineExecutionId: string): Promise<ActionExecutionDetail[]> {
    const request = new ListActionExecutionsCommand({ pipelineName, filter: { pipelineExecutionId } });
    return (await this.client.send(request)).actionExecutionDetails ?? [];
  }
}
