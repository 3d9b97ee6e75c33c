import { setTimeout as wait } from 'node:timers/promises';
import {
  CloudFormationClient,
  type CloudFormationClientConfig,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  type Parameter,
  type Tag,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';

/** How a stack ended: its status, outputs, and why resources failed. */
export interface StackResult {
  status: string;
  outputs: Record<string, string>;
  failures: string[];
}

export interface StackInput {
  resources: Record<string, object>;
  outputs?: Record<string, unknown>;
  parameters?: Record<string, object>;
  values?: Parameter[];
  tags?: Tag[];
  /** ARN of the role CloudFormation takes for this stack. */
  role?: string;
}

/** Stacks, deployed from plain objects. */
export class Stacks {
  readonly client: CloudFormationClient;

  constructor(config: CloudFormationClientConfig) {
    this.client = new CloudFormationClient(config);
  }

  async create(name: string, input: StackInput): Promise<StackResult> {
    await this.client.send(new CreateStackCommand(request(name, input)));
    return this.#settled(name);
  }

  async update(name: string, input: StackInput): Promise<StackResult> {
    await this.client.send(new UpdateStackCommand(request(name, input)));
    return this.#settled(name);
  }

  async delete(name: string): Promise<StackResult> {
    const { Stacks: found } = await this.client.send(new DescribeStacksCommand({ StackName: name }));
    await this.client.send(new DeleteStackCommand({ StackName: name }));
    return this.#settled(found?.[0]?.StackId ?? name);
  }

  async #settled(name: string): Promise<StackResult> {
    for (;;) {
      const { Stacks: found } = await this.client.send(new DescribeStacksCommand({ StackName: name }));
      const stack = found?.[0];
      const status = stack?.StackStatus ?? '';
      if (!status.endsWith('_IN_PROGRESS')) {
        const outputs = (stack?.Outputs ?? []).map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]);
        return { status, outputs: Object.fromEntries(outputs), failures: await this.#failures(name) };
      }
      await wait(30);
    }
  }

  async #failures(name: string): Promise<string[]> {
    const { StackEvents: events } = await this.client.send(new DescribeStackEventsCommand({ StackName: name }));
    return (events ?? [])
      .filter(({ ResourceStatus }) => ResourceStatus?.endsWith('_FAILED'))
      .map((event) => `${event.LogicalResourceId}: ${event.ResourceStatusReason}`);
  }
}

function request(name: string, input: StackInput) {
  return {
    StackName: name,
    TemplateBody: JSON.stringify({
      Parameters: input.parameters,
      Resources: input.resources,
      Outputs: Object.fromEntries(Object.entries(input.outputs ?? {}).map(([key, Value]) => [key, { Value }])),
    }),
    Capabilities: ['CAPABILITY_NAMED_IAM' as const],
    ...(input.values ? { Parameters: input.values } : {}),
    ...(input.tags ? { Tags: input.tags } : {}),
    ...(input.role ? { RoleARN: input.role } : {}),
  };
}
