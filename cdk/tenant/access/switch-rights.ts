import { names } from '../../../scripts/config/names.ts';
import type { Right } from '../../role.ts';
import type { Scope } from './tenant-scope.ts';

/**
 * Starts the document that switches the tenant's maintenance (`host maintenance on`), and follows it. AWS requires permission to start on the document and
 * on the execution (https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup-identity-based-policies.html), and may refuse a caller
 * who may not pass the role that it acts as (https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-troubleshooting.html).
 */
export function switchRights(scope: Scope): Right[] {
  if (!scope.maySwitch) return [];
  const executions = scope.arn('ssm', 'automation-execution/*');
  return [
    {
      sid: 'Switch',
      actions: ['ssm:StartAutomationExecution'],
      resources: [scope.arn('ssm', `document/${names.switchDocument(scope.place)}`), executions],
      because: 'AWS chooses the id of the execution, whose document is that one.',
    },
    {
      // No other permission can use it: none to start or create another document, or to give one a role in a maintenance window or an association.
      sid: 'PassSwitch',
      actions: ['iam:PassRole'],
      resources: [scope.roleArn('switch')],
      when: { StringEquals: { 'iam:PassedToService': 'ssm.amazonaws.com' } },
    },
    {
      sid: 'Switched',
      actions: ['ssm:GetAutomationExecution'],
      resources: [executions],
      because: 'AWS chooses the ids of executions; nothing lists them, and they cannot be guessed.',
    },
  ];
}

/** What the drift check reads of the document and its role, like CloudFormation's handlers. */
export function switchReads(scope: Scope): Right[] {
  if (!scope.maySwitch) return [];
  return [
    {
      sid: 'SwitchRole',
      actions: ['iam:Get*', 'iam:List*'],
      resources: [scope.roleArn('switch')],
      because: 'Reads of the one role.',
    },
    {
      sid: 'SwitchDocument',
      actions: ['ssm:DescribeDocument', 'ssm:GetDocument', 'ssm:ListTagsForResource'],
      resources: [scope.arn('ssm', `document/${names.switchDocument(scope.place)}`)],
    },
  ];
}
