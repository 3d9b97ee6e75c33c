import type { Stack } from '@aws-sdk/client-cloudformation';
import { shared } from '../checks/shared.ts';
import type { DriftContext } from '../checks.ts';

/** All stacks of the account and region, read once for all checks; without a name CloudFormation leaves out deleted ones. */
export const allStacks = shared(async ({ aws }: DriftContext): Promise<readonly Stack[]> => {
  const { paginateDescribeStacks } = await import('@aws-sdk/client-cloudformation');
  const found: Stack[] = [];
  for await (const { Stacks } of paginateDescribeStacks({ client: await aws.cloudFormation() }, {})) {
    found.push(...(Stacks ?? []));
  }
  return found;
});
