import { CfnOutput } from 'aws-cdk-lib';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { names } from '../../../scripts/config/names.ts';
import { makeRole, serviceTrust } from '../../role.ts';
import type { Scope } from '../access/tenant-scope.ts';
import { switchOutput, type TrafficRule } from './rule-groups.ts';
import { switchDocument } from './switch-document.ts';

export interface MaintenanceSwitchProps {
  readonly scope: Scope;
  /** The page that answers while maintenance is on. */
  readonly page: string;
  readonly rules: readonly TrafficRule[];
}

/**
 * How a tenant's jobs switch its maintenance. They have no permission on listener rules, because no IAM condition restricts where a rule forwards to: they
 * may start this document, which contains the target, and whose role may only change the tenant's own rules.
 *
 * Systems Manager assumes the role for automations of this account only
 * (https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-setup-iam.html). No condition restricts the document: no role of a tenant's
 * can create one, or start another than this.
 */
export class MaintenanceSwitch extends Construct {
  constructor(parent: Construct, id: string, { scope, page, rules }: MaintenanceSwitchProps) {
    super(parent, id);
    const { place } = scope;
    const role = makeRole(this, 'Role', {
      arns: scope,
      name: names.tenantRole(place, 'switch'),
      policy: 'switch',
      description: `Switches the maintenance of ${scope.host}`,
      boundary: scope.globalArn('iam', `policy/${names.switchBoundary(place.environment)}`),
      trust: serviceTrust('ssm', {
        StringEquals: { 'aws:SourceAccount': scope.account },
        ArnLike: { 'aws:SourceArn': scope.arn('ssm', 'automation-execution/*') },
      }),
      rights: [
        {
          sid: 'Switch',
          actions: ['elasticloadbalancing:ModifyRule'],
          resources: rules.map(({ rule }) => rule),
        },
      ],
    });
    const document = new CfnDocument(this, 'Document', {
      name: names.switchDocument(place),
      documentType: 'Automation',
      documentFormat: 'JSON',
      // A document with a fixed name cannot be replaced: the new text becomes its next version, which is then started.
      updateMethod: 'NewVersion',
      content: switchDocument(scope.roleArn('switch'), page, rules),
    });
    // Systems Manager must be able to assume it from the first start.
    document.addResourceDependency(role);
    new CfnOutput(parent, switchOutput, { value: document.ref });
  }
}
