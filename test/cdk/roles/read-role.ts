import type { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ListedPolicy, ListedRole } from '../../../cdk/role.ts';
import { onlyStack, stacksIn, templates } from './stacks.ts';

/** A statement as CloudFormation gets it, with the reason that the code gives for it. */
export interface Statement {
  readonly sid: string;
  readonly effect: 'Allow' | 'Deny';
  readonly because?: string | undefined;
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Conditions | undefined;
}

export type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

export interface Trust {
  readonly principal: Readonly<Record<string, string>>;
  readonly action: string;
  readonly conditions?: Conditions | undefined;
}

/** All there is to a role. */
export interface Role {
  readonly role: string;
  readonly description: string;
  readonly trust: Trust;
  readonly boundary: string;
  readonly managedPolicies: readonly string[];
  readonly statements: readonly Statement[];
}

interface Written {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Conditions;
}

/** Reads a role from the template of the app's stack that has it. Throws if the role has rights that this would not show. */
export function readRole(app: App, name: string): Role {
  const stack = stackWith(app, name);
  const template = Template.fromStack(stack);
  for (const type of ['AWS::IAM::Policy', 'AWS::IAM::RolePolicy']) template.resourceCountIs(type, 0);
  const properties = propertiesOf(template, 'AWS::IAM::Role', { RoleName: name });
  const [trust, ...others] = properties.AssumeRolePolicyDocument.Statement;
  if (others.length > 0) throw new Error(`${name} has ${others.length + 1} trust statements`);
  const written: Written[] = (properties.Policies ?? []).flatMap(
    ({ PolicyDocument }: { PolicyDocument: { Statement: Written[] } }) => PolicyDocument.Statement,
  );
  const attached = attachedTo(app, template, properties.ManagedPolicyArns);
  const reasons = reasonsOf(app, stack, { name, attached });
  return {
    role: name,
    description: properties.Description,
    trust: { principal: trust.Principal, action: trust.Action, conditions: trust.Condition },
    boundary: boundaryOf(template, properties.PermissionsBoundary),
    managedPolicies: attached.map(({ name }) => name),
    statements: [...written, ...attached.flatMap(({ statements }) => statements)].map((each) => ({
      ...statementOf(each),
      because: reasons.get(each.Sid),
    })),
  };
}

/** The access stack, unless another stack of the app has a role of that name. */
function stackWith(app: App, role: string): Stack {
  const has = (stack: Stack) => {
    const found = Template.fromStack(stack).findResources('AWS::IAM::Role', { Properties: { RoleName: role } });
    return Object.keys(found).length > 0;
  };
  return stacksIn(app).find(has) ?? onlyStack(app);
}

/** The statements of a managed policy. */
export function readPolicy(app: App, name: string): { policy: string; description: string; statements: Statement[] } {
  const filter = { ManagedPolicyName: name };
  const properties = propertiesOf(Template.fromStack(onlyStack(app)), 'AWS::IAM::ManagedPolicy', filter);
  const statements = properties.PolicyDocument.Statement.map(statementOf);
  return { policy: name, description: properties.Description, statements };
}

export function roleNames(app: App): string[] {
  const roles = Template.fromStack(onlyStack(app)).findResources('AWS::IAM::Role');
  return Object.values(roles).map(({ Properties }) => Properties.RoleName as string);
}

/** Size of a role's inline policies, as IAM counts it: without white space. */
export function policySize({
  Policies = [],
}: {
  readonly Policies?: readonly { readonly PolicyDocument: object }[];
}): number {
  return Policies.reduce((size, { PolicyDocument }) => size + JSON.stringify(PolicyDocument).length, 0);
}

function statementOf({ Sid, Effect, Action, Resource, Condition }: Written): Statement {
  return { sid: Sid, effect: Effect, actions: [Action].flat(), resources: [Resource].flat(), conditions: Condition };
}

function reasonsOf(
  app: App,
  stack: Stack,
  { name, attached }: { name: string; attached: readonly Attached[] },
): Map<string, string | undefined> {
  const role = stack.node.findAll().find((each) => each instanceof ListedRole && each.roleName === name);
  if (!(role instanceof ListedRole)) throw new Error(`${name} was not made by makeRole`);
  const foreign = attached.filter(({ isForeign }) => isForeign).map((each) => each.name);
  const policies = app.node
    .findAll()
    .filter((each) => each instanceof ListedPolicy)
    .filter(({ managedPolicyName }) => foreign.includes(managedPolicyName ?? ''));
  const rights = [...role.rights, ...policies.flatMap((policy) => policy.rights)];
  const reasons = new Map(rights.map(({ sid, because }) => [sid, because]));
  if (reasons.size < rights.length) throw new Error(`${name} has two statements with the same sid`);
  return reasons;
}

interface Attached {
  readonly name: string;
  readonly statements: readonly Written[];
  /** It is named by its ARN: another stack has it. */
  readonly isForeign: boolean;
}

/** Policies that are attached to a role; one of a stack of another app, which has its own review file, shows no statements here. */
function attachedTo(app: App, template: Template, arns: readonly (string | { Ref: string })[] = []): Attached[] {
  return arns.map((arn) => {
    const isForeign = typeof arn === 'string';
    const Properties = isForeign
      ? policyNamed(app, arn.replace(/^.*:policy\//, ''))
      : template.toJSON().Resources[arn.Ref].Properties;
    if (Properties === undefined) return { name: String(arn), statements: [], isForeign };
    const { ManagedPolicyName: name, PolicyDocument } = Properties;
    return { name, statements: PolicyDocument.Statement, isForeign };
  });
}

// biome-ignore lint/suspicious/noExplicitAny: the properties of a template's resource have no type
function policyNamed(app: App, ManagedPolicyName: string): any {
  const wanted = { Properties: { ManagedPolicyName } };
  const [found] = templates(app).flatMap((each) =>
    Object.values(each.findResources('AWS::IAM::ManagedPolicy', wanted)),
  );
  return found?.Properties;
}

/** A boundary of the same stack is a reference to it. */
function boundaryOf(template: Template, boundary: undefined | string | { Ref: string }): string {
  if (boundary === undefined) return 'none';
  if (typeof boundary === 'string') return boundary;
  const policy = template.toJSON().Resources[boundary.Ref].Properties.ManagedPolicyName;
  return `arn:aws:iam::111111111111:policy/${policy}`;
}

// biome-ignore lint/suspicious/noExplicitAny: the properties of a template's resource have no type
function propertiesOf(template: Template, type: string, Properties: object): any {
  const [resource] = Object.values(template.findResources(type, { Properties }));
  if (resource === undefined) throw new Error(`there is no ${type} with ${JSON.stringify(Properties)}`);
  return resource.Properties;
}
