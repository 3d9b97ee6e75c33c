import type { Template } from 'aws-cdk-lib/assertions';

/** What a statement says; only the keys it has. */
export interface RightTable {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  readonly on: readonly string[];
  readonly when?: unknown;
}

/** All there is to a role, to be compared as a whole: whatever widens it is a difference. */
export interface RoleTable {
  readonly trust: unknown;
  readonly boundary: unknown;
  readonly awsPolicies: readonly string[];
  readonly rights: Readonly<Record<string, RightTable>>;
}

interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: unknown;
}

interface Policy {
  readonly PolicyDocument: { readonly Statement: readonly Statement[] };
}

interface RoleProperties {
  readonly AssumeRolePolicyDocument: {
    readonly Statement: readonly { Principal: unknown; Action: unknown; Condition?: unknown }[];
  };
  readonly PermissionsBoundary?: unknown;
  readonly ManagedPolicyArns?: readonly string[];
  readonly Policies: readonly Policy[];
}

/** 10,240 characters in all inline policies of a role (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html). */
export const inlinePolicyLimit = 10_240;

/** A role as a table. Throws when policies are attached to it from elsewhere: the table would not be all there is. */
export function roleTable(template: Template, name: string): RoleTable {
  const properties = roleProperties(template, name);
  for (const type of ['AWS::IAM::Policy', 'AWS::IAM::RolePolicy']) template.resourceCountIs(type, 0);
  const [trust, ...others] = properties.AssumeRolePolicyDocument.Statement;
  if (others.length > 0) throw new Error(`${name} is trusted twice`);
  return short({
    trust: { to: trust?.Principal, by: trust?.Action, ...(trust?.Condition ? { when: trust.Condition } : {}) },
    boundary: properties.PermissionsBoundary ?? 'none',
    awsPolicies: properties.ManagedPolicyArns ?? [],
    rights: rightsTable(properties.Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)),
  });
}

/** Statements by their ids. */
function rightsTable(statements: readonly Statement[]): Record<string, RightTable> {
  const table = statements.map(({ Sid, Effect, Action, Resource, Condition }) => [
    Sid,
    {
      [Effect.toLowerCase()]: [Action].flat(),
      on: [Resource].flat(),
      ...(Condition === undefined ? {} : { when: Condition }),
    },
  ]);
  if (new Set(statements.map(({ Sid }) => Sid)).size < statements.length) throw new Error('an id stands twice');
  return short(Object.fromEntries(table));
}

/** The statements of a managed policy, by their ids. */
export function managedPolicyTable(template: Template, name: string): Record<string, RightTable> {
  const found = template.findResources('AWS::IAM::ManagedPolicy', { Properties: { ManagedPolicyName: name } });
  const [policy] = Object.values(found);
  if (policy === undefined) throw new Error(`there is no policy ${name}`);
  return rightsTable((policy.Properties as Policy).PolicyDocument.Statement);
}

/** Size of a role's inline policies, as IAM counts it: without white space. */
export function policySize(template: Template, name: string): number {
  const documents = roleProperties(template, name).Policies.map(({ PolicyDocument }) => PolicyDocument);
  return documents.reduce((size, document) => size + JSON.stringify(document).length, 0);
}

export function roleNames(template: Template): string[] {
  return Object.values(template.findResources('AWS::IAM::Role')).map(({ Properties }) => Properties.RoleName as string);
}

function roleProperties(template: Template, name: string): RoleProperties {
  const [role] = Object.values(template.findResources('AWS::IAM::Role', { Properties: { RoleName: name } }));
  if (role === undefined) throw new Error(`there is no role ${name}`);
  return role.Properties as RoleProperties;
}

/** `ec2:vpc/*` is `arn:aws:ec2:eu-west-1:111111111111:vpc/*`: of the region and account. Every other ARN stays whole. */
function short<T>(value: T): T {
  const text = JSON.stringify(value)
    .replaceAll(/"arn:aws:([a-z0-9-]+):eu-west-1:111111111111:/g, '"$1:')
    .replaceAll(/"arn:aws:iam::111111111111:/g, '"iam:');
  return JSON.parse(text) as T;
}
