import type { Arns } from './arns.ts';
import type { Right } from './role.ts';

/**
 * What the SSM agent needs for Session Manager and Run Command
 * (https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html). Not AWS's
 * policy AmazonSSMManagedInstanceCore: that one also reads every parameter of the account.
 */
export function agentRights(arns: Arns): Right[] {
  return [
    {
      sid: 'Register',
      actions: ['ssm:UpdateInstanceInformation'],
      resources: arns.ec2('instance'),
      because: 'The agent knows no other id than that of its own instance.',
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
      because: 'AWS knows no resources in these calls; an agent gets the messages for its own instance.',
    },
  ];
}
