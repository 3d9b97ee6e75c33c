import { commandOutputs, names } from '../../../scripts/config/names.ts';
import type { Right } from '../../role.ts';
import type { Scope } from './tenant-scope.ts';

/**
 * Runs commands as root on the tenant's own instances (`host run`), known by their tags
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html). Not where releases need an approval: a root
 * user can install any software there without one. No permission to list commands: commands and their outputs are visible to everybody in
 * the account.
 */
export function runRights(scope: Scope): Right[] {
  if (scope.facts.approval) return [];
  const bucket = scope.s3(names.tenantBucket(scope.place, scope.account, scope.region));
  return [
    {
      sid: 'Run',
      actions: ['ssm:SendCommand'],
      // Outputs longer than a response holds go to the tenant's own bucket, with the instance's permissions.
      resources: [`arn:${scope.partition}:ssm:${scope.region}::document/AWS-RunShellScript`, bucket],
    },
    {
      sid: 'RunThere',
      actions: ['ssm:SendCommand'],
      resources: scope.ec2('instance'),
      when: scope.resourceTags,
      because: "The tenant's own instances, by their tags.",
    },
    {
      sid: 'Ran',
      actions: ['ssm:CancelCommand', 'ssm:GetCommandInvocation'],
      resources: ['*'],
      because: 'AWS knows no resources in these calls; the id of a command cannot be guessed, and nothing lists them.',
    },
    {
      sid: 'Outputs',
      actions: ['s3:GetObject'],
      resources: [`${bucket}/${commandOutputs}*`],
      because: "What commands wrote, in the tenant's own bucket; AWS puts ids into the keys.",
    },
  ];
}
