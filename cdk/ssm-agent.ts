import type { Arns } from './arns.ts';
import type { Right } from './role.ts';

/**
 * `ec2:SourceInstanceARN` is the instance whose credentials make the call; nothing compares it with the instance that a call is about, and
 * these calls do not carry its tags (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html).
 */
const notItsOwn = 'An agent calls for its own instance, but IAM has no condition that says so: docs/security.md.';

/**
 * What the SSM agent needs for Session Manager and Run Command
 * (https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html). Not AWS's
 * policy AmazonSSMManagedInstanceCore: it also reads every parameter of the account.
 */
export function agentRights(arns: Arns): Right[] {
  return [
    {
      sid: 'Register',
      actions: ['ssm:UpdateInstanceInformation'],
      resources: arns.ec2('instance'),
      because: notItsOwn,
    },
    {
      sid: 'Messages',
      actions: [
        'ec2messages:AcknowledgeMessage',
        'ec2messages:DeleteMessage',
        'ec2messages:FailMessage',
        'ec2messages:GetEndpoint',
        'ec2messages:GetMessages',
        'ec2messages:SendReply',
        'ssmmessages:CreateControlChannel',
        'ssmmessages:CreateDataChannel',
        'ssmmessages:OpenControlChannel',
        'ssmmessages:OpenDataChannel',
      ],
      resources: ['*'],
      because: `AWS knows no resources in these calls. ${notItsOwn}`,
    },
  ];
}
