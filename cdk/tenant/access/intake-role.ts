import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';
import { serviceTrust } from '../../role.ts';
import { tenantRole } from './tenant-role.ts';
import type { Scope } from './tenant-scope.ts';

/**
 * The role of the tenant's EventBridge rule: start this one pipeline. EventBridge uses it for that rule only
 * (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html, `aws:SourceArn`).
 */
export function intakeRole(parent: Construct, scope: Scope): CfnRole {
  const rule = scope.arn('events', `rule/${names.intakeRule(scope.place)}`);
  return tenantRole(parent, {
    scope,
    role: 'intake',
    description: `Writes to the intake of ${scope.host}`,
    trust: serviceTrust('events', { StringEquals: { 'aws:SourceAccount': scope.account, 'aws:SourceArn': rule } }),
    rights: [
      {
        sid: 'Release',
        actions: ['codepipeline:StartPipelineExecution'],
        resources: [scope.arn('codepipeline', scope.host)],
      },
    ],
  });
}
