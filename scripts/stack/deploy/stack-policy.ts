import type { Aws } from '../../aws/session.ts';

/**
 * Sets a stack's policy unless it has it
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html).
 */
export async function protectStack(aws: Aws, stack: string, policy: object): Promise<void> {
  const { GetStackPolicyCommand, SetStackPolicyCommand } = await import('@aws-sdk/client-cloudformation');
  const client = await aws.cloudFormation();
  const wanted = JSON.stringify(policy);
  const { StackPolicyBody } = await client.send(new GetStackPolicyCommand({ StackName: stack }));
  if (StackPolicyBody === wanted) return;
  await client.send(new SetStackPolicyCommand({ StackName: stack, StackPolicyBody: wanted }));
}
