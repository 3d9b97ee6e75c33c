import type { Parameter } from '@aws-sdk/client-cloudformation';
import { messageOf, VendhostError } from '../../errors.ts';
import { type Assembly, stackSettings, type Template, templateBody } from '../assembly.ts';
import { isEmpty, requestParameters } from '../change-sets/change-set.ts';
import { setTerminationProtection } from '../delete.ts';
import { followStack } from '../follow-stack.ts';
import type { Progress } from '../progress.ts';
import { isSteady, type StackState } from '../stack-state.ts';

export interface SendOptions {
  readonly stack: string;
  /** The stack that is to be updated; without it, one is created. */
  readonly state: StackState | undefined;
  /** The `ClientRequestToken`: all events of the operation carry it. */
  readonly token: string;
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
 * failed update too. Throws `STACK_FAILED` when CloudFormation refuses to begin.
 */
export async function sendStack(assembly: Assembly, options: SendOptions): Promise<SentStack> {
  const { runtime, aws } = assembly;
  const { stack, state, token, progress } = options;
  const { terminationProtection } = stackSettings(assembly, stack);
  const request = requestOf(assembly, options);
  const begin = state === undefined ? create(assembly, request) : update(assembly, request);
  const id = await begin.catch((error: unknown) => {
    throw refusal(stack, error) ?? error;
  });
  const after = id === undefined ? state : await followStack(runtime, aws, { stack: id, token, progress });
  // A stack that somebody deletes has nothing to protect.
  const isThere = state !== undefined && after !== undefined && isSteady(after.status);
  if (isThere && after.terminationProtection !== terminationProtection) {
    await setTerminationProtection(aws, stack, terminationProtection);
  }
  return { changed: id !== undefined, state: after };
}

type Request = ReturnType<typeof requestOf>;

function requestOf(assembly: Assembly, { stack, state, token, parameters = {}, roleArn }: SendOptions) {
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

/** What CloudFormation refuses: a name that is taken, a stack that another operation changes, a parameter it does not accept. */
const refusals = [
  'AlreadyExistsException',
  'InsufficientCapabilitiesException',
  'LimitExceededException',
  'ValidationError',
];

function refusal(stack: string, error: unknown): VendhostError | undefined {
  if (!(error instanceof Error) || !refusals.includes(error.name)) return undefined;
  const isTaken = error.name === 'AlreadyExistsException' || /_IN_PROGRESS/.test(error.message);
  return new VendhostError('STACK_FAILED', `cannot deploy ${stack}: ${messageOf(error)}`, {
    hint: isTaken
      ? 'another job, or somebody, began with this stack at the same time: retry, and the deploy waits until that has ended'
      : 'nothing of the stack was changed: fix the cause and retry',
    cause: error,
  });
}
