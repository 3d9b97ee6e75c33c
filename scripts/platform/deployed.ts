import type { Aws } from '../aws/session.ts';
import { isAbsent, isGood } from '../stack/state.ts';

/** A stack as CloudFormation describes it. */
export interface Deployed {
  readonly stack: string;
  readonly status: string;
  /** When it last changed; when it was made, if it never did. */
  readonly at: Date | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly terminationProtection: boolean;
}

/** Reads a stack; `undefined` when there is none, or only an unused change set in its name. */
export async function readDeployed(aws: Aws, stack: string): Promise<Deployed | undefined> {
  const { DescribeStacksCommand } = await import('@aws-sdk/client-cloudformation');
  try {
    const { Stacks } = await (await aws.cloudFormation()).send(new DescribeStacksCommand({ StackName: stack }));
    const found = Stacks?.[0];
    if (found?.StackStatus === undefined || found.StackStatus === 'REVIEW_IN_PROGRESS') return undefined;
    return {
      stack,
      status: found.StackStatus,
      at: found.LastUpdatedTime ?? found.CreationTime,
      tags: Object.fromEntries((found.Tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
      outputs: Object.fromEntries((found.Outputs ?? []).map((each) => [each.OutputKey ?? '', each.OutputValue ?? ''])),
      terminationProtection: found.EnableTerminationProtection ?? false,
    };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** Reads several stacks at the same time; those that are not there are left out. */
export async function readAllDeployed(aws: Aws, stacks: readonly string[]): Promise<ReadonlyMap<string, Deployed>> {
  const found = await Promise.all(stacks.map((stack) => readDeployed(aws, stack)));
  return new Map(found.flatMap((each) => (each === undefined ? [] : [[each.stack, each] as const])));
}

/** The last operation did what it should, or was taken back in full: what its template says is there. */
export function isSteady({ status }: Pick<Deployed, 'status'>): boolean {
  return isGood(status) || status === 'UPDATE_ROLLBACK_COMPLETE';
}
