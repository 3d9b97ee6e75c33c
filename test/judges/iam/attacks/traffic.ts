import { type Case, giving, step } from '../cases.ts';
import { stranger, tenant } from '../owners.ts';
import type { Context } from '../simulate.ts';
import * as things from '../things.ts';

const self = tenant('shop');
const execution = things.roleName(self, 'execution');
const deploy = things.roleName(self, 'deploy');
const host = self.tags('host');

/** B: another tenant's host answered by one's own instances. */
export function trafficAttacks(): Case[] {
  return [...attaching(), ...ruling(), ...balancing(), ...releasing()];
}

const foreignGroups = [tenant('shop2'), tenant('sho'), tenant('shop-dev'), tenant('shop', 'production')];

/** B1: Auto Scaling registers instances by a role of AWS's: no right of ELB's is asked. */
function attaching(): Case[] {
  const ways: readonly [string, (arn: string) => Context][] = [
    ['autoscaling:CreateAutoScalingGroup', (arn) => ({ 'autoscaling:TargetGroupARNs': [arn], ...giving(host) })],
    ['autoscaling:AttachLoadBalancerTargetGroups', (arn) => ({ 'autoscaling:TargetGroupARNs': [arn] })],
    ['autoscaling:AttachTrafficSources', (arn) => ({ 'autoscaling:TrafficSourceIdentifiers': [arn] })],
    [
      'autoscaling:CreateAutoScalingGroup',
      (arn) => ({ 'autoscaling:TrafficSourceIdentifiers': [arn], ...giving(host) }),
    ],
  ];
  return foreignGroups.flatMap((victim) =>
    ways.flatMap(([action, given]) => {
      const foreign = things.targetGroup(victim).on;
      const both = [things.targetGroup(self).on, foreign];
      const keys = Object.keys(given(foreign)).filter((each) => each.startsWith('autoscaling:'));
      return [
        attach(`${action} by ${keys[0]}: the target group of ${victim.name}`, action, given(foreign)),
        attach(`${action} by ${keys[0]}: its own target group and that of ${victim.name}`, action, {
          ...given(foreign),
          [keys[0] ?? '']: both,
        }),
      ];
    }),
  );
}

function attach(name: string, action: string, given: Context): Case {
  return {
    name: `${execution}: ${name}`,
    expected: 'denied',
    because: "Its instances would answer for another tenant's host, and read what its visitors send.",
    steps: [step(execution, action, things.group(self), given)],
  };
}

/** B2: IAM has no key for the hosts of a rule, so no tenant makes rules at all. */
function ruling(): Case[] {
  const rule = things.listenerRule(self);
  const because = 'A rule may name any host and any target group; IAM cannot tell.';
  return [execution, deploy].flatMap((by) => [
    refused(
      by,
      'makes a rule with any host',
      because,
      step(by, 'elasticloadbalancing:CreateRule', things.listener(self), giving(host)),
    ),
    refused(by, 'changes the hosts of its own rule', because, step(by, 'elasticloadbalancing:ModifyRule', rule)),
    refused(by, 'puts its own rule first', because, step(by, 'elasticloadbalancing:SetRulePriorities', rule)),
    refused(
      by,
      'deletes its own rule',
      'Rules are made and deleted when a tenant is vended.',
      step(by, 'elasticloadbalancing:DeleteRule', rule),
    ),
    ...[tenant('shop2'), tenant('shop', 'production'), stranger].flatMap((victim) =>
      ['ModifyRule', 'DeleteRule', 'SetRulePriorities', 'RemoveTags'].map((action) =>
        refused(
          by,
          `${action} of the rule of ${victim.name}`,
          `It is not ${self.name}'s.`,
          step(by, `elasticloadbalancing:${action}`, things.listenerRule(victim)),
        ),
      ),
    ),
    refused(
      by,
      'claims a rule without tags',
      because,
      step(by, 'elasticloadbalancing:AddTags', { ...things.listenerRule(stranger), tags: {} }, giving(host)),
    ),
    ...[self, tenant('shop2')].flatMap((owner) =>
      targetGroupChanges.map((action) =>
        refused(
          by,
          `${action} of the target group of ${owner.name}`,
          'A target group is made when a tenant is vended; the tenant may say how its health is checked.',
          step(by, `elasticloadbalancing:${action}`, things.targetGroup(owner), making(action)),
        ),
      ),
    ),
    refused(
      by,
      'makes a target group of another port',
      because,
      step(by, 'elasticloadbalancing:CreateTargetGroup', things.targetGroup(self, 22), giving(host)),
    ),
  ]);
}

const targetGroupChanges = [
  'CreateTargetGroup',
  'DeleteTargetGroup',
  'ModifyTargetGroupAttributes',
  'RegisterTargets',
  'DeregisterTargets',
];

function making(action: string): Context | undefined {
  return action.startsWith('Create') ? giving(host) : undefined;
}

function balancing(): Case[] {
  const calls: readonly [string, things.Thing][] = [
    ['ModifyListener', things.listener(self)],
    ['DeleteListener', things.listener(self)],
    ['AddListenerCertificates', things.listener(self)],
    ['CreateListener', things.loadBalancer(self)],
    ['DeleteLoadBalancer', things.loadBalancer(self)],
    ['ModifyLoadBalancerAttributes', things.loadBalancer(self)],
    ['SetSecurityGroups', things.loadBalancer(self)],
    ['SetSubnets', things.loadBalancer(self)],
  ];
  return [execution, deploy].flatMap((by) =>
    calls.flatMap(([action, thing]) => [
      refused(
        by,
        `${action} of the load balancer`,
        'All tenants share it.',
        step(by, `elasticloadbalancing:${action}`, thing),
      ),
    ]),
  );
}

/** B3, E: a pipeline without its approval, or approved by who starts it. */
function releasing(): Case[] {
  const because = 'Who releases must not be who approves.';
  const roles = ['deploy', 'plan', 'execution', 'instance', 'pipeline', 'codedeploy'] as const;
  const production = tenant('shop', 'production');
  return [
    ...[self, production].flatMap((owner) =>
      roles.map((role) =>
        refused(
          things.roleName(owner, role),
          'approves its own release',
          because,
          step(things.roleName(owner, role), 'codepipeline:PutApprovalResult', things.approvalAction(owner)),
        ),
      ),
    ),
    refused(
      things.roleName(self, 'execution'),
      "changes its own target group's health check by a template",
      'The command does, with the deploy role.',
      step(things.roleName(self, 'execution'), 'elasticloadbalancing:ModifyTargetGroup', things.targetGroup(self)),
    ),
    ...topics(),
    ...[
      'UpdatePipeline',
      'DeletePipeline',
      'CreatePipeline',
      'DisableStageTransition',
      'EnableStageTransition',
      'OverrideStageCondition',
      'RollbackStage',
      'RetryStageExecution',
    ].flatMap((action) =>
      (['deploy', 'execution'] as const).map((role) =>
        refused(
          things.roleName(production, role),
          `${action}: a pipeline without its approval`,
          'The pipeline says who must approve; a template of the tenant must not.',
          step(
            things.roleName(production, role),
            `codepipeline:${action}`,
            action.includes('Stage')
              ? { on: `${things.pipeline(production).on}/Approve` }
              : things.pipeline(production),
          ),
        ),
      ),
    ),
    refused(
      execution,
      'aims its deployment group at instances of shop2/dev',
      'CodeDeploy has no key for the tags it looks for.',
      step(execution, 'codedeploy:UpdateDeploymentGroup', things.deploymentGroup(self)),
    ),
    refused(
      deploy,
      'deploys without the pipeline',
      'Where releases are approved, only the pipeline deploys.',
      step(things.roleName(production, 'deploy'), 'codedeploy:CreateDeployment', things.deploymentGroup(production)),
    ),
  ];
}

/** Who could unsubscribe the approvers, or ask them in another's name. */
function topics(): Case[] {
  const actions = ['CreateTopic', 'DeleteTopic', 'SetTopicAttributes', 'Subscribe', 'Publish', 'AddPermission'];
  return (['deploy', 'execution'] as const).flatMap((role) =>
    actions.map((action) =>
      refused(
        things.roleName(self, role),
        `${action}: the topic of its approvals`,
        'People are asked by the pipeline, and by nobody else.',
        step(things.roleName(self, role), `sns:${action}`, things.topic(self)),
      ),
    ),
  );
}

function refused(by: string, name: string, because: string, one: Case['steps'][number]): Case {
  return { name: `${by}: ${name}`, expected: 'denied', because, steps: [one] };
}
