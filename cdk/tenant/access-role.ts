import { Validations } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { names, type TenantRole } from '../../scripts/config/names.ts';
import type { Condition, Scope } from './access-scope.ts';

/** What a role may do. */
export interface Right {
  readonly sid: string;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly when?: Condition;
  /** Why a `*` in the actions or resources is no more than the role needs; required where there is one. */
  readonly because?: string;
}

/** Who may become the role. */
export interface Trust {
  readonly principal: { readonly Service: string } | { readonly Federated: string };
  readonly action: 'sts:AssumeRole' | 'sts:AssumeRoleWithWebIdentity';
  readonly when?: Condition;
}

export interface TenantRoleProps {
  readonly scope: Scope;
  readonly role: TenantRole;
  readonly description: string;
  readonly trust: Trust;
  readonly rights: readonly Right[];
  readonly awsPolicies?: readonly { readonly name: string; readonly because: string }[];
}

/** A role of a tenant: a fixed name, the platform's boundary above it, one policy that lists its rights. */
export function tenantRole(parent: Construct, props: TenantRoleProps): CfnRole {
  const { scope, role, trust, rights, awsPolicies = [] } = props;
  const made = new CfnRole(parent, `${role.charAt(0).toUpperCase()}${role.slice(1)}`, {
    roleName: names.tenantRole(scope.place, role),
    description: props.description,
    permissionsBoundary: scope.facts['boundary-arn'],
    assumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: trust.principal,
          Action: trust.action,
          ...(trust.when === undefined ? {} : { Condition: trust.when }),
        },
      ],
    },
    policies: [
      {
        policyName: role,
        policyDocument: { Version: '2012-10-17', Statement: rights.map((right) => statement(right)) },
      },
    ],
    ...(awsPolicies.length === 0 ? {} : { managedPolicyArns: awsPolicies.map(({ name }) => scope.awsPolicyArn(name)) }),
  });
  for (const { name, because } of awsPolicies) {
    Validations.of(made).acknowledge({ id: `AwsSolutions-IAM4[Policy::${scope.awsPolicyArn(name)}]`, reason: because });
  }
  for (const right of rights) acknowledge(made, right);
  return made;
}

function statement({ sid, actions, resources, when }: Right): object {
  return {
    Sid: sid,
    Effect: 'Allow',
    Action: actions,
    Resource: resources,
    ...(when === undefined ? {} : { Condition: when }),
  };
}

/** cdk-nag wants a reason for each wildcard; one without a reason is left to be found. */
function acknowledge(role: CfnRole, { actions, resources, because }: Right): void {
  if (because === undefined) return;
  const findings = [
    ...actions.filter((each) => each.includes('*')).map((each) => `Action::${each}`),
    ...resources.filter((each) => each.includes('*')).map((each) => `Resource::${each}`),
  ];
  for (const finding of findings) {
    Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[${finding}]`, reason: because });
  }
}
