import { randomBytes } from 'node:crypto';
import type { Change as ApiChange, DescribeChangeSetOutput, Parameter } from '@aws-sdk/client-cloudformation';
import { poll } from '../../aws/poll.ts';
import type { Aws } from '../../aws/session.ts';
import { VendhostError } from '../../errors.ts';
import { duration } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import { type Template, templateBody } from '../assembly.ts';
import { deleteStack } from '../delete.ts';
import type { Change } from '../stack-plan.ts';
import { isAbsent, readAnyStack, type StackState } from '../stack-state.ts';
import { validationFailures } from '../validation.ts';

export interface ChangeSetRequest {
  readonly stack: string;
  readonly template: Template;
  /** Parameters without a value keep the one they have. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Role that CloudFormation uses when it is executed; without it the caller's own rights. */
  readonly roleArn?: string | undefined;
  readonly tags?: Readonly<Record<string, string>>;
  /** Name of the change set; it is made valid and unique. */
  readonly name: string;
}

export interface StackChangeSet {
  readonly stack: string;
  /** ARN of the change set; `undefined` when nothing would change. */
  readonly id: string | undefined;
  readonly action: 'create' | 'update' | 'none';
  readonly changes: readonly Change[];
}

/** Creating a change set takes seconds, or minutes when CloudFormation is busy. */
const limitMs = 10 * 60_000;

/**
 * Creates a change set and waits for it; `state` is the stack that `recoverStack` returned. A change set without changes
 * is deleted. Throws `CHANGE_SET_FAILED` with CloudFormation's reason.
 */
export async function createChangeSet(
  runtime: Runtime,
  aws: Aws,
  { stack, template, parameters = {}, roleArn, tags = {}, name }: ChangeSetRequest,
  state: StackState | undefined,
): Promise<StackChangeSet> {
  const { CreateChangeSetCommand } = await import('@aws-sdk/client-cloudformation');
  // The empty stack that comes with a change set for a new stack may belong to another plan.
  const isFirst = state === undefined && (await readAnyStack(aws, stack)) === undefined;
  const unique = changeSetName(name, randomBytes(4).toString('hex'));
  const command = new CreateChangeSetCommand({
    StackName: stack,
    ChangeSetName: unique,
    ClientToken: unique,
    ChangeSetType: state === undefined ? 'CREATE' : 'UPDATE',
    TemplateBody: templateBody(template),
    Parameters: requestParameters(template, parameters, state),
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
    Capabilities: ['CAPABILITY_NAMED_IAM'],
    IncludeNestedStacks: false,
    ...(roleArn === undefined ? {} : { RoleARN: roleArn }),
  });
  const client = await aws.cloudFormation();
  const { Id: id = '' } = await client.send(command).catch((error: unknown) => {
    throw error instanceof Error && error.name === 'ValidationError'
      ? refused(stack, error.message, { cause: error })
      : error;
  });
  const made = await waitForChangeSet(runtime, aws, stack, id).catch(async (error: unknown) => {
    await dropChangeSet(aws, stack, id).catch(() => undefined);
    throw error;
  });
  if (made.status === 'CREATE_COMPLETE') {
    const changes = made.changes.flatMap(describeChange).sort((a, b) => a.logicalId.localeCompare(b.logicalId));
    return { stack, id, action: state === undefined ? 'create' : 'update', changes };
  }
  // The reason then only says that there are findings; they are deleted with the change set.
  const found = /validation/i.test(made.reason) ? await validationFailures(aws, made.stackId) : [];
  await dropChangeSet(aws, stack, id);
  if (isEmpty(made.reason)) return { stack, id: undefined, action: 'none', changes: [] };
  if (isFirst) await deleteStack(runtime, aws, made.stackId);
  const details = found.map((each) => `${stack}: ${each.logicalId} (${each.type}): ${each.reason}`);
  throw refused(stack, made.reason || made.status, { details });
}

function refused(
  stack: string,
  reason: string,
  { details = [], cause }: { details?: readonly string[]; cause?: unknown },
): VendhostError {
  return new VendhostError('CHANGE_SET_FAILED', `cannot plan ${stack}: ${reason}`, {
    details,
    hint: 'nothing was changed: fix the cause and run the same command again',
    cause,
  });
}

/** A change set as CloudFormation describes it; reads all pages. */
export interface ChangeSetState {
  readonly id: string;
  readonly stackId: string;
  readonly status: string;
  readonly executionStatus: string;
  readonly reason: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly changes: readonly ApiChange[];
}

/**
 * Reads all pages of a change set; `undefined` when it does not exist. The stack is named because IAM grants rights to
 * change sets by stack.
 */
export async function readChangeSet(aws: Aws, stack: string, id: string): Promise<ChangeSetState | undefined> {
  const { paginateDescribeChangeSet } = await import('@aws-sdk/client-cloudformation');
  const changes: ApiChange[] = [];
  let last: DescribeChangeSetOutput = {};
  const client = await aws.cloudFormation();
  try {
    for await (const page of paginateDescribeChangeSet({ client }, { StackName: stack, ChangeSetName: id })) {
      changes.push(...(page.Changes ?? []));
      last = page;
    }
  } catch (error) {
    if (isAbsent(error) || (error instanceof Error && /^ChangeSetNotFound/.test(error.name))) return undefined;
    throw error;
  }
  return {
    id,
    stackId: last.StackId ?? '',
    status: last.Status ?? '',
    executionStatus: last.ExecutionStatus ?? '',
    reason: last.StatusReason ?? '',
    parameters: Object.fromEntries(
      (last.Parameters ?? []).map((each) => [each.ParameterKey ?? '', each.ParameterValue ?? '']),
    ),
    changes,
  };
}

async function waitForChangeSet(runtime: Runtime, aws: Aws, stack: string, id: string): Promise<ChangeSetState> {
  return await poll({
    what: `the change set of ${stack} (at most ${duration(limitMs)})`,
    pace: aws.pace,
    limitMs,
    signal: runtime.signal,
    check: async () => {
      const state = await readChangeSet(aws, stack, id);
      return state === undefined || /_(PENDING|IN_PROGRESS)$/.test(state.status) ? undefined : state;
    },
  });
}

/** Deletes a change set, if it still exists. */
export async function dropChangeSet(aws: Aws, stack: string, id: string): Promise<void> {
  const { DeleteChangeSetCommand } = await import('@aws-sdk/client-cloudformation');
  await (await aws.cloudFormation()).send(new DeleteChangeSetCommand({ StackName: stack, ChangeSetName: id }));
}

/** `[a-zA-Z][-a-zA-Z0-9]*`, 128 characters at most, with a unique suffix. */
export function changeSetName(name: string, unique: string): string {
  const valid = name.replaceAll(/[^-a-zA-Z0-9]+/g, '-').replace(/^[^a-zA-Z]*/, '');
  return `${(valid || 'plan').slice(0, 127 - unique.length)}-${unique}`;
}

/** CloudFormation has two ways to say that a change set would change nothing, and no code for it. */
export function isEmpty(reason: string): boolean {
  return /didn't contain changes/.test(reason) || /No updates are to be performed/.test(reason);
}

/** The given values; other parameters keep theirs, or get the template's default in a new stack. */
export function requestParameters(
  template: Template,
  given: Readonly<Record<string, string>>,
  state: Pick<StackState, 'parameters'> | undefined,
): Parameter[] {
  return Object.keys(template.Parameters ?? {}).flatMap((name): Parameter[] => {
    const value = given[name];
    if (value !== undefined) return [{ ParameterKey: name, ParameterValue: value }];
    return state?.parameters[name] === undefined ? [] : [{ ParameterKey: name, UsePreviousValue: true }];
  });
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html */
export function describeChange({ ResourceChange: change }: ApiChange): Change[] {
  if (change === undefined) return [];
  const resource = { logicalId: change.LogicalResourceId ?? '', type: change.ResourceType ?? '' };
  if (change.Action === 'Add' || change.Action === 'Import') return [{ ...resource, action: 'create' }];
  if (change.Action === 'Remove') return [{ ...resource, action: 'delete' }];
  if (change.Replacement === 'True') return [{ ...resource, action: 'update', replacement: 'yes' }];
  // Dynamic: decided only when the change set is executed.
  const maybe = change.Action === 'Dynamic' || change.Replacement === 'Conditional';
  return [{ ...resource, action: 'update', ...(maybe ? { replacement: 'maybe' as const } : {}) }];
}
