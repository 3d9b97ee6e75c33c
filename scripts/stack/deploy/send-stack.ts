import { randomUUID } from 'node:crypto';
import type { Parameter } from '@aws-sdk/client-cloudformation';
import { type Assembly, stackSettings, type Template, templateBody } from '../assembly.ts';
import { isEmpty, requestParameters } from '../change-sets/change-set.ts';
import { setTerminationProtection } from '../delete.ts';
import { followStack } from '../follow-stack.ts';
import type { Progress } from '../progress.ts';
import type { StackState } from '../stack-state.ts';

export interface SendOptions {
  readonly stack: string;
  /** The stack that is to be updated; without it, one is created. */
  readonly state: StackState | undefined;
  /** Parameters without a value keep the one they have. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  readonly roleArn?: string | undefined;
  readonly progress: Progress;
}

export interface SentStack {
  /** `false` when CloudFormation found nothing to do. */
  readonly changed: boolean;
  readonly state: StackState | undefined;
}

/**
 * Creates or updates a stack, without a change set, and follows it to its end, good or bad. A creation that fails is rolled back, a
 * failed update too.
 */
export async function sendStack(assembly: Assembly, options: SendOptions): Promise<SentStack> {
  const { runtime, aws } = assembly;
  const { stack, state, progress } = options;
  const { terminationProtection } = stackSettings(assembly, stack);
  const token = randomUUID();
  const request = requestOf(assembly, token, options);
  const id = state === undefined ? await create(assembly, request) : await update(assembly, request);
  const after = id === undefined ? state : await followStack(runtime, aws, { stack: id, token, progress });
  if (state !== undefined && after !== undefined && after.terminationProtection !== terminationProtection) {
    await setTerminationProtection(aws, stack, terminationProtection);
  }
  return { changed: id !== undefined, state: after };
}

type Request = ReturnType<typeof requestOf>;

function requestOf(assembly: Assembly, token: string, { stack, state, parameters = {}, roleArn }: SendOptions) {
  const template: Template = assembly.templates.get(stack) ?? {};
  const values: Parameter[] = requestParameters(template, parameters, state);
  return {
    StackName: stack,
    TemplateBody: templateBody(template),
    Parameters: values,
    Capabilities: ['CAPABILITY_NAMED_IAM' as const],
    Tags: Object.entries(stackSettings(assembly, stack).tags).map(([Key, Value]) => ({ Key, Value })),
    ClientRequestToken: token,
    ...(roleArn === undefined ? {} : { RoleARN: roleArn }),
  };
}

async function create(assembly: Assembly, request: Request): Promise<string | undefined> {
  const { CreateStackCommand } = await import('@aws-sdk/client-cloudformation');
  const EnableTerminationProtection = stackSettings(assembly, request.StackName).terminationProtection;
  const client = await assembly.aws.cloudFormation();
  return (await client.send(new CreateStackCommand({ ...request, EnableTerminationProtection }))).StackId;
}

/** The stack's ARN; `undefined` when there is nothing to update. */
async function update({ aws }: Assembly, request: Request): Promise<string | undefined> {
  const { UpdateStackCommand } = await import('@aws-sdk/client-cloudformation');
  try {
    return (await (await aws.cloudFormation()).send(new UpdateStackCommand(request))).StackId;
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationError' && isEmpty(error.message)) return undefined;
    throw error;
  }
}
