import type { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';
import { type Right, serviceTrust } from '../../role.ts';
import { tenantRole } from './tenant-role.ts';
import type { Scope } from './tenant-scope.ts';

/**
 * The role of the tenant's EventBridge rules: start this one pipeline, and the build of its machine. EventBridge uses it for those rules only
 * (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html, `aws:SourceArn`).
 */
export function intakeRole(parent: Construct, scope: Scope): CfnRole {
  const { place, isBuilt } = scope;
  const rules = [names.intakeRule(place), ...(isBuilt ? [names.machineRule(place)] : [])];
  const sources = rules.map((rule) => scope.arn('events', `rule/${rule}`));
  return tenantRole(parent, {
    scope,
    role: 'intake',
    description: `Writes to the intake of ${scope.host}`,
    trust: serviceTrust('events', { StringEquals: { 'aws:SourceAccount': scope.account, 'aws:SourceArn': sources } }),
    rights: [
      {
        sid: 'Release',
        actions: ['codepipeline:StartPipelineExecution'],
        resources: [scope.arn('codepipeline', scope.host)],
      },
      ...(isBuilt ? [machineRight(scope)] : []),
    ],
  });
}

function machineRight(scope: Scope): Right {
  const project = scope.arn('codebuild', `project/${names.buildProject(scope.place, 'machine')}`);
  return { sid: 'Bake', actions: ['codebuild:StartBuild'], resources: [project] };
}
