import type { Aws } from '../aws/session.ts';

/**
 * A stack policy that lets everything change except that what holds data is replaced or deleted
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html).
 */
export const keepEverything = {
  Statement: [
    { Effect: 'Allow', Principal: '*', Action: 'Update:*', Resource: '*' },
    { Effect: 'Deny', Principal: '*', Action: ['Update:Replace', 'Update:Delete'], Resource: '*' },
  ],
} as const;

/** Sets a stack's policy unless it has it. */
export async function protectStack(aws: Aws, stack: string, policy: object): Promise<void> {
  const { GetStackPolicyCommand, SetStackPolicyCommand } = await import('@aws-sdk/client-cloudformation');
  const client = await aws.cloudFormation();
  const wanted = JSON.stringify(policy);
  const { StackPolicyBody } = await client.send(new GetStackPolicyCommand({ StackName: stack }));
  if (StackPolicyBody === wanted) return;
  await client.send(new SetStackPolicyCommand({ StackName: stack, StackPolicyBody: wanted }));
}
