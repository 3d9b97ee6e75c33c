import { Validations } from 'aws-cdk-lib';
import { CfnManagedPolicy, CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Arns } from './arns.ts';

/** The conditions of a statement: operator → key → value. */
export type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** All of these conditions; keys of one operator are joined. */
export function merge(...conditions: readonly Condition[]): Condition {
  const merged: Record<string, Condition[string]> = {};
  for (const [name, keys] of conditions.flatMap((each) => Object.entries(each))) {
    merged[name] = { ...merged[name], ...keys };
  }
  return merged;
}

/** A statement of a role's policy. */
export interface Right {
  readonly sid: string;
  readonly deny?: true;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly when?: Condition;
  /** Why a wildcard in the actions or resources is no wider than needed; required if there is one. */
  readonly because?: string;
}

/** Who may assume the role. */
export interface Trust {
  readonly principal: { readonly Service: string } | { readonly Federated: string } | { readonly AWS: string };
  readonly action: 'sts:AssumeRole' | 'sts:AssumeRoleWithWebIdentity';
  readonly when?: Condition;
}

export interface RoleProps {
  readonly arns: Arns;
  readonly name: string;
  /** Name of the one policy that lists the rights. */
  readonly policy: string;
  readonly description: string;
  /** ARN of the permissions boundary. */
  readonly boundary?: string;
  readonly trust: Trust;
  readonly rights: readonly Right[];
  /** Managed policies with further permissions of the role. */
  readonly attached?: readonly ListedPolicy[];
  /** ARNs of managed policies that another stack has. */
  readonly foreign?: readonly string[];
}

/** Keeps the statements that the role was created from: a template has no place for their reasons, which a reviewer needs. */
export class ListedRole extends CfnRole {
  rights: readonly Right[] = [];
}

/** A role with a fixed name and one policy that lists its rights. */
export function makeRole(parent: Construct, id: string, props: RoleProps): CfnRole {
  const { boundary, trust, rights, attached = [], foreign = [] } = props;
  const managed = [...attached.map(({ ref }) => ref), ...foreign];
  const made = new ListedRole(parent, id, {
    roleName: props.name,
    description: props.description,
    ...(boundary === undefined ? {} : { permissionsBoundary: boundary }),
    assumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: trust.principal, Action: trust.action, ...conditionOf(trust) }],
    },
    ...(rights.length === 0 ? {} : { policies: [{ policyName: props.policy, policyDocument: documentOf(rights) }] }),
    ...(managed.length === 0 ? {} : { managedPolicyArns: managed }),
  });
  made.rights = [...rights, ...attached.flatMap((policy) => policy.rights)];
  for (const right of rights) acknowledge(made, right);
  return made;
}

/** Keeps the statements that the policy was created from, as `ListedRole` does. */
export class ListedPolicy extends CfnManagedPolicy {
  rights: readonly Right[] = [];
}

/**
 * A managed policy: for permissions of more than one role, or more than a role's own policies can hold. Its description contains nothing that can
 * change: a named policy cannot get another description
 * (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html).
 */
export function makePolicy(
  parent: Construct,
  id: string,
  { name, description, rights }: Pick<RoleProps, 'name' | 'description' | 'rights'>,
): ListedPolicy {
  const made = new ListedPolicy(parent, id, {
    managedPolicyName: name,
    description,
    policyDocument: documentOf(rights),
  });
  made.rights = rights;
  for (const right of rights) acknowledge(made, right);
  return made;
}

function documentOf(rights: readonly Right[]): object {
  return { Version: '2012-10-17', Statement: rights.map((right) => statement(right)) };
}

/** Trust in an AWS service, with a condition if the service may act for other accounts too. */
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
    Action: oneOrAll(actions),
    Resource: oneOrAll(resources),
    ...conditionOf({ when }),
  };
}

/** A single value instead of a list with one: templates and policies have size limits, and IAM reads both. */
function oneOrAll(all: readonly string[]): string | readonly string[] {
  const [first] = all;
  return all.length === 1 && first !== undefined ? first : all;
}

function conditionOf({ when }: { when?: Condition | undefined }): object {
  if (when === undefined) return {};
  const short = (keys: Condition[string]) =>
    Object.fromEntries(
      Object.entries(keys).map(([key, value]) => [key, typeof value === 'string' ? value : oneOrAll(value)]),
    );
  return { Condition: Object.fromEntries(Object.entries(when).map(([operator, keys]) => [operator, short(keys)])) };
}

/** cdk-nag requires a reason for each wildcard; it reports those without one. */
function acknowledge(holder: CfnRole | CfnManagedPolicy, { actions, resources, because }: Right): void {
  if (because === undefined) return;
  const findings = [
    ...actions.filter((each) => each.includes('*')).map((each) => `Action::${each}`),
    ...resources.filter((each) => each.includes('*')).map((each) => `Resource::${each}`),
  ];
  for (const finding of findings) {
    // cdk-nag writes a policy variable like this.
    const id = finding.replaceAll(/\$\{([^}]+)\}/g, '<$1>');
    Validations.of(holder).acknowledge({ id: `AwsSolutions-IAM5[${id}]`, reason: because });
  }
}
