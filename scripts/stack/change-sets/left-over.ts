import type { ChangeSetSummary } from '@aws-sdk/client-cloudformation';
import { refusalOf } from '../../aws/refusal.ts';
import type { Aws } from '../../aws/session.ts';
import type { Runtime } from '../../runtime.ts';
import { deleteStack } from '../delete.ts';
import { isAbsent, readAnyStack } from '../stack-state.ts';
import { dropChangeSet } from './change-set.ts';

/**
 * How long somebody may want to execute a plan, in ms. GitLab keeps its file for a week (`expire_in` of
 * ci-templates/platform.gitlab-ci.yml), or for a month where a platform follows docs/templates.md.
 */
export const planLifeMs = 35 * 24 * 60 * 60_000;

/** Name of the change sets of one run, by which a later run knows whose they are; `run` is a number. */
export function planName(run: string | number): string {
  return `vendhost-${run}`;
}

/** A name of `planName`, with the suffix that makes a change set's name unique. */
const ownName = /^vendhost-\d+-[0-9a-f]{8}$/;

export interface LeftOver {
  readonly stack: string;
  readonly id: string;
}

/**
 * The change sets that nobody executes any more: made by `platform plan --save`, older than a plan's file can be, and not
 * of a plan that is being deployed (`kept`, ARNs). Those being made, executed or deleted are CloudFormation's
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ChangeSetSummary.html).
 */
export function leftOvers(
  stack: string,
  found: readonly ChangeSetSummary[],
  { now, kept }: { now: number; kept: readonly string[] },
): LeftOver[] {
  return found.flatMap(({ ChangeSetId: id, ChangeSetName = '', CreationTime, Status = '', ExecutionStatus = '' }) => {
    const isOld = CreationTime !== undefined && now - CreationTime.getTime() > planLifeMs;
    const isBusy = /_(PENDING|IN_PROGRESS)$/.test(Status) || /^EXECUTE_(IN_PROGRESS|COMPLETE)$/.test(ExecutionStatus);
    if (id === undefined || !ownName.test(ChangeSetName) || !isOld || isBusy || kept.includes(id)) return [];
    return [{ stack, id }];
  });
}

/**
 * Deletes the change sets that killed plans, and plans that nobody deployed, left on these stacks. The work of the command
 * is done by then: what AWS refuses is a warning, and the next run tries it again.
 */
export async function dropLeftOvers(
  runtime: Runtime,
  aws: Aws,
  stacks: readonly string[],
  kept: readonly string[] = [],
): Promise<void> {
  await Promise.all(
    stacks.map(async (stack) => {
      try {
        const client = await aws.cloudFormation();
        const found = await listChangeSets(aws, stack);
        // AWS's clock: the SDK notes in each answer how far it is from this machine's.
        const now = Date.now() + client.config.systemClockOffset;
        const old = leftOvers(stack, found, { now, kept });
        for (const { id } of old) {
          await dropChangeSet(aws, stack, id);
          runtime.out.step(`${stack}: deleted the change set of an old plan, ${id.split('/')[1] ?? id}`);
        }
        if (old.length === found.length) await dropEmptyStack(runtime, aws, stack);
      } catch (error) {
        runtime.signal.throwIfAborted();
        const refusal = refusalOf(error, runtime);
        if (refusal === undefined) throw error;
        runtime.out.warn(`${stack} may have change sets of old plans: ${refusal.message}`);
      }
    }),
  );
}

/**
 * Deletes the stack that came with the change sets of a first plan and has nothing yet, unless another plan has made a change set
 * of it meanwhile. `CreateStack` would refuse its name.
 */
async function dropEmptyStack(runtime: Runtime, aws: Aws, stack: string): Promise<void> {
  const state = await readAnyStack(aws, stack);
  if (state?.status !== 'REVIEW_IN_PROGRESS' || (await listChangeSets(aws, state.id)).length > 0) return;
  await deleteStack(runtime, aws, state.id);
  runtime.out.step(`${stack}: deleted the empty stack of an old plan`);
}

/** All pages; none of a stack that does not exist. */
export async function listChangeSets(aws: Aws, stack: string): Promise<ChangeSetSummary[]> {
  const { paginateListChangeSets } = await import('@aws-sdk/client-cloudformation');
  const found: ChangeSetSummary[] = [];
  try {
    for await (const { Summaries = [] } of paginateListChangeSets(
      { client: await aws.cloudFormation() },
      { StackName: stack },
    )) {
      found.push(...Summaries);
    }
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return found;
}
