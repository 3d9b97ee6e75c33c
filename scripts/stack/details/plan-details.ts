import type { TemplateDiff } from '@aws-cdk/cloudformation-diff';
import type { Template } from '../assembly.ts';
import { type PropertyChange, parameterChange, propertyChanges } from './property-changes.ts';

/** Somebody may do more than before: a new statement that allows, one that denied and is gone, a new managed policy. */
export interface Grant {
  /** `${Role}` for a resource of the stack, else an ARN or a service. */
  readonly who: string;
  /** `may s3:GetObject`, `is no longer denied s3:*`, `has the policy arn:…` */
  readonly what: string;
  readonly resources: readonly string[];
  readonly condition?: string;
}

/** A new rule of a security group. */
export interface Opening {
  readonly group: string;
  readonly direction: 'ingress' | 'egress';
  /** `TCP 80`, `ALL TRAFFIC` */
  readonly traffic: string;
  readonly peer: string;
  /** From, or to, every address of the internet. */
  readonly isEveryone: boolean;
}

export interface DetailInput {
  readonly diff: TemplateDiff;
  readonly template: Template;
  /** Parameters whose value changes. */
  readonly parameters: readonly ChangedParameter[];
}

export interface ChangedParameter {
  readonly name: string;
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Logical ids of the resources that refer to it. */
  readonly reaches: readonly string[];
}

/** What a plan is in detail. */
export interface PlanDetails {
  /** Old and new values of what an update changes, by the resource's logical id. */
  readonly values: ReadonlyMap<string, readonly PropertyChange[]>;
  /** Rights and network that become wider. */
  readonly grants: readonly Grant[];
  readonly openings: readonly Opening[];
}

export function planDetails({ diff, template, parameters }: DetailInput): PlanDetails {
  const values = new Map<string, PropertyChange[]>();
  const add = (logicalId: string, changes: readonly PropertyChange[]) => {
    if (changes.length > 0) values.set(logicalId, [...(values.get(logicalId) ?? []), ...changes]);
  };
  diff.resources.forEachDifference((logicalId, { isAddition, isRemoval, propertyUpdates, otherChanges }) => {
    if (isAddition || isRemoval) return;
    for (const [name, { oldValue, newValue }] of Object.entries({ ...propertyUpdates, ...otherChanges })) {
      add(logicalId, propertyChanges(name, oldValue, newValue));
    }
  });
  for (const { name, from, to, reaches } of parameters) {
    const noEcho = String(template.Parameters?.[name]?.NoEcho) === 'true';
    for (const logicalId of reaches) add(logicalId, [parameterChange(name, from, to, { noEcho })]);
  }
  return { values, grants: grantsOf(diff), openings: openingsOf(diff) };
}

function grantsOf({ iamChanges }: TemplateDiff): Grant[] {
  const { statements, managedPolicies } = iamChanges;
  const added = statements.additions.filter((each) => !each.isNegativeStatement);
  const gone = statements.removals.filter((each) => each.isNegativeStatement);
  return [
    ...added.map((each) => grant('may', each.render())),
    ...gone.map((each) => grant('is no longer denied', each.render())),
    ...managedPolicies.additions.map(({ identityArn, managedPolicyArn }) => ({
      who: whoOf(identityArn),
      what: `has the policy ${managedPolicyArn}`,
      resources: [],
    })),
  ];
}

interface Rendered {
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly condition: string;
}

function grant(verb: string, { principal, action, resource, condition }: Rendered): Grant {
  return {
    who: principal.split('\n').map(whoOf).join(', '),
    what: `${verb} ${action.split('\n').join(', ')}`,
    resources: resource.split('\n').filter((each) => each !== ''),
    ...(condition === '' ? {} : { condition }),
  };
}

/** `AWS:${Role}` is how the comparison names a role of the stack. */
function whoOf(principal: string): string {
  return principal.replace(/^(AWS|Service|Federated):/, '');
}

function openingsOf({ securityGroupChanges: { ingress, egress } }: TemplateDiff): Opening[] {
  const of = (direction: Opening['direction'], rules: typeof ingress.additions) =>
    rules.map((rule): Opening => {
      const { peer } = rule;
      const isEveryone = peer?.kind === 'cidr-ip' && ['0.0.0.0/0', '::/0'].includes(peer.ip);
      return {
        group: rule.groupId,
        direction,
        traffic: rule.describeProtocol(),
        peer: rule.describePeer(),
        isEveryone,
      };
    });
  return [...of('ingress', ingress.additions), ...of('egress', egress.additions)];
}
