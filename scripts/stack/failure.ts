import type { Aws } from '../aws/session.ts';
import { VendhostError } from '../errors.ts';
import type { Failure } from './progress.ts';
import { readAnyStack } from './stack-state.ts';
import { validationFailures } from './validation.ts';

/** What was being done: the next step depends on it. */
export type Operation = 'deploy' | 'execute' | 'delete';

/** `STACK_FAILED`: the stacks and the state they are in, each resource with CloudFormation's reason, and the next step. */
export async function stackFailed(
  aws: Aws,
  operation: Operation,
  stacks: readonly string[],
  failures: readonly Failure[],
  cause?: unknown,
): Promise<VendhostError> {
  const states = await Promise.all(stacks.map(async (stack) => ({ stack, state: await readAnyStack(aws, stack) })));
  const summary = states.map(({ stack, state }) => `${stack} is ${state?.status ?? 'gone'}`).join(', ');
  const quiet = states.filter(({ stack }) => !failures.some((failure) => failure.stack === stack));
  const found = (await Promise.all(quiet.map(({ stack }) => validationFailures(aws, stack)))).flat();
  // Without a failed resource, the stack's own status reason is all there is.
  const silent = quiet.filter(({ stack }) => !found.some((failure) => failure.stack === stack));
  return new VendhostError(
    'STACK_FAILED',
    `cannot ${operation === 'delete' ? 'delete' : 'deploy'} ${stacks.join(', ')}: ${summary}`,
    {
      details: [
        ...[...failures, ...found].map(
          ({ stack, type, logicalId, reason }) => `${stack}: ${logicalId} (${type}): ${reason}`,
        ),
        ...silent.flatMap(({ stack, state }) => (state?.reason ? [`${stack}: ${state.reason}`] : [])),
      ],
      hint: nextStep(
        operation,
        states.map(({ state }) => state?.status ?? ''),
      ),
      cause,
    },
  );
}

/** Every command can be run again, but a plan is executed once. */
export function nextStep(operation: Operation, statuses: readonly string[]): string {
  if (operation === 'delete')
    return 'remove what blocks it, as named above, and run the same command again; it resumes with what is left';
  const command = operation === 'execute' ? 'make a new plan' : 'retry';
  if (statuses.includes('UPDATE_ROLLBACK_FAILED')) {
    return `fix the cause named above and ${command}; it continues the rollback first`;
  }
  if (statuses.includes('ROLLBACK_FAILED')) {
    return `some of what was created could not be deleted, as named above: fix the cause and ${command}`;
  }
  return `the failed change was rolled back: fix the cause named above and ${command}`;
}
