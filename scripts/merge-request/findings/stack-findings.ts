import type { Finding } from '../../report/report.ts';
import { losesData } from '../../stack/data-types.ts';
import type { Grant, Opening } from '../../stack/details/plan-details.ts';
import type { Change, StackPlan } from '../../stack/stack-plan.ts';
import { type ApplyTime, databaseEffect } from './database-effects.ts';

export interface StackFindingsOptions {
  /** When RDS makes changes that can wait. */
  readonly apply?: ApplyTime;
  /** Whether the push, and the stack's policy, refuse what would lose data. */
  readonly isGuarded?: boolean;
}

/** What the push does to a stack, each change with its severity. `id` is the prefix of the findings' ids. */
export function stackFindings(id: string, plan: StackPlan, options: StackFindingsOptions = {}): Finding[] {
  const { action, grants = [], openings = [] } = plan;
  if (action === 'none') return [];
  if (action === 'create') {
    const wide = openings.filter(({ isEveryone }) => isEveryone);
    return [created(id, plan), ...newRights(id, plan.stack, grants), ...openingFindings(id, wide)];
  }
  const changes = plan.changes.flatMap((change) => changeFindings(id, change, options));
  const settled = changes.length > 0 ? changes : [onlyOutputs(id, plan)];
  return [...settled, ...grantFindings(id, grants), ...openingFindings(id, openings)];
}

/** In a new stack nothing becomes wider; the permissions in it are one finding. */
function newRights(id: string, stack: string, grants: readonly Grant[]): Finding[] {
  if (grants.length === 0) return [];
  const details = grants.map(({ who, what, resources }) => [who, what, ...resources.slice(0, 1)].join(' '));
  return [{ id: `${id}/grants`, gravity: 'access', title: `${stack} brings its own rights`, details }];
}

function onlyOutputs(id: string, { stack }: StackPlan): Finding {
  return {
    id: `${id}/outputs`,
    gravity: 'change',
    title: `${stack} is updated, but none of its resources: outputs, parameters, tags, or what an earlier update left`,
  };
}

/** Their names say nothing yet: counted by type. */
function created(id: string, { stack, changes }: StackPlan): Finding {
  const types = changes.map(({ type }) => shortType(type));
  return {
    id: `${id}/create`,
    gravity: 'change',
    title: `${stack} is created`,
    details: [...new Set(types)].map((type) => `${types.filter((each) => each === type).length} ${type}`),
  };
}

function changeFindings(
  id: string,
  change: Change,
  { apply = 'now', isGuarded = false }: StackFindingsOptions,
): Finding[] {
  const refused = isGuarded && losesData.has(change.type) ? refusal : {};
  const { logicalId, type, action, replacement, values = [] } = change;
  const what = `${wordsOf(type)} ${logicalId}`;
  const own = `${id}/${logicalId}`;
  if (action === 'create') return [{ id: `${own}/create`, gravity: 'change', title: `${what} is created` }];
  if (action === 'delete') {
    const gravity = losesData.has(type) ? 'loss' : 'change';
    return [{ id: `${own}/delete`, gravity, title: `${what} is deleted`, ...refused }];
  }
  if (replacement === 'yes') {
    const gravity = losesData.has(type) ? 'loss' : 'replacement';
    return [{ id: `${own}/replace`, gravity, title: `${what} is replaced by a new one`, values, ...refused }];
  }
  if (type === 'AWS::RDS::DBInstance') return databaseFindings(own, what, change, apply);
  const gravity = replacement === 'maybe' ? 'replacement' : 'change';
  const title = replacement === 'maybe' ? `${what} may be replaced, which CloudFormation decides` : `${what} changes`;
  return [{ id: `${own}/update`, gravity, title, ...(values.length === 0 ? {} : { values }) }];
}

/** A command that would lose data refuses, and so does the stack's policy. */
const refusal: Pick<Finding, 'details' | 'next'> = {
  details: [
    'the push refuses it (DATA_WOULD_BE_LOST), and so does the policy of the stack: nothing is lost, but it fails',
  ],
  next: 'revert the database change in vendhost.yml; migrate data by hand',
};

/** One finding for each property that does more than change. */
function databaseFindings(own: string, what: string, { values = [] }: Change, apply: ApplyTime): Finding[] {
  const effects = values.map((value) => ({ value, effect: databaseEffect(value, apply) }));
  const plain = effects.flatMap(({ value, effect }) => (effect === undefined ? [value] : []));
  return [
    ...effects.flatMap(({ value, effect }): Finding[] => {
      if (effect === undefined) return [];
      const { gravity, says, details } = effect;
      const title = `${what}, ${value.path}: ${says}`;
      return [{ id: `${own}/${value.path}`, gravity, title, details, values: [value] }];
    }),
    ...(plain.length === 0 && effects.length > 0
      ? []
      : [{ id: `${own}/update`, gravity: 'change' as const, title: `${what} changes while it serves`, values: plain }]),
  ];
}

function grantFindings(id: string, grants: readonly Grant[]): Finding[] {
  return grants.map(({ who, what, resources, condition }) => ({
    id: `${id}/grant/${who}/${what}/${resources.join(',')}`,
    gravity: 'access',
    title: `${who} ${what}`,
    details: [
      ...resources.map((resource) => `on ${resource}`),
      ...(condition === undefined ? [] : [`if ${condition.replaceAll('\n', ' ')}`]),
    ],
  }));
}

function openingFindings(id: string, openings: readonly Opening[]): Finding[] {
  // AWS treats this as no rule at all: a group without one would allow all egress.
  const real = openings.filter(({ peer }) => !peer.startsWith('255.255.255.255/32'));
  return real.map(({ group, direction, traffic, peer, isEveryone }) => {
    const way = direction === 'ingress' ? 'lets in' : 'lets out';
    const from = direction === 'ingress' ? 'from' : 'to';
    const everyone = isEveryone ? ', the whole internet' : '';
    return {
      id: `${id}/${direction}/${group}/${traffic}/${peer}`,
      gravity: 'network',
      title: `security group ${group} ${way} ${traffic} ${from} ${peer}${everyone}`,
    };
  });
}

const known: Readonly<Record<string, string>> = {
  'AWS::AutoScaling::AutoScalingGroup': 'the Auto Scaling group',
  'AWS::CloudWatch::Alarm': 'the alarm',
  'AWS::CodeDeploy::DeploymentGroup': 'the deployment group',
  'AWS::EC2::LaunchTemplate': 'the launch template',
  'AWS::EC2::SecurityGroup': 'the security group',
  'AWS::ElasticLoadBalancingV2::Listener': 'the listener',
  'AWS::ElasticLoadBalancingV2::ListenerRule': 'the listener rule',
  'AWS::ElasticLoadBalancingV2::LoadBalancer': 'the load balancer',
  'AWS::ElasticLoadBalancingV2::TargetGroup': 'the target group',
  'AWS::IAM::ManagedPolicy': 'the policy',
  'AWS::IAM::Role': 'the role',
  'AWS::KMS::Key': 'the key',
  'AWS::RDS::DBInstance': 'the database',
  'AWS::RDS::DBParameterGroup': "the database's parameter group",
  'AWS::S3::Bucket': 'the bucket',
  'AWS::SecretsManager::Secret': 'the secret',
};

function wordsOf(type: string): string {
  return known[type] ?? shortType(type);
}

function shortType(type: string): string {
  return type.replace(/^AWS::/, '');
}
