import { Validations } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Arns } from './arns.ts';

/** A condition of a statement: operator → key → value. */
export type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** What a role may do, or, with `deny`, may not whatever else it may. */
export interface Right {
  readonly sid: string;
  readonly deny?: true;
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

export interface RoleProps {
  readonly arns: Arns;
  readonly name: string;
  /** Name of the one policy that lists the rights. */
  readonly policy: string;
  readonly description: string;
  /** ARN of the policy that no right of the role exceeds. */
  readonly boundary?: string;
  readonly trust: Trust;
  readonly rights: readonly Right[];
  readonly awsPolicies?: readonly { readonly name: string; readonly because: string }[];
}

/** A role with a fixed name and one policy that lists its rights. */
export function makeRole(parent: Construct, id: string, props: RoleProps): CfnRole {
  const { arns, boundary, trust, rights, awsPolicies = [] } = props;
  const made = new CfnRole(parent, id, {
    roleName: props.name,
    description: props.description,
    ...(boundary === undefined ? {} : { permissionsBoundary: boundary }),
    assumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: trust.principal, Action: trust.action, ...conditionOf(trust) }],
    },
    policies: [
      {
        policyName: props.policy,
        policyDocument: { Version: '2012-10-17', Statement: rights.map((right) => statement(right)) },
      },
    ],
    ...(awsPolicies.length === 0 ? {} : { managedPolicyArns: awsPolicies.map(({ name }) => arns.awsPolicyArn(name)) }),
  });
  for (const { name, because } of awsPolicies) {
    Validations.of(made).acknowledge({ id: `AwsSolutions-IAM4[Policy::${arns.awsPolicyArn(name)}]`, reason: because });
  }
  for (const right of rights) acknowledge(made, right);
  return made;
}

/** Trust in a service of AWS; with a condition where the service can work for other accounts, too. */
export function serviceTrust(service: string, when?: Condition): Trust {
  return {
    principal: { Service: `${service}.amazonaws.com` },
    action: 'sts:AssumeRole',
    ...(when === undefined ? {} : { when }),
  };
}

function statement({ sid, deny, actions, resources, when }: Right): object {
  return {
    Sid: sid,
    Effect: deny ? 'Deny' : 'Allow',
    Action: actions,
    Resource: resources,
    ...conditionOf({ when }),
  };
}

function conditionOf({ when }: { when?: Condition | undefined }): object {
  return when === undefined ? {} : { Condition: when };
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
