import { expect, test } from 'vitest';
import type { Detection } from '../../../scripts/drift/stacks/detection.ts';
import type { FoundStack } from '../../../scripts/drift/stacks/find-stacks.ts';
import type { ResourceDrift } from '../../../scripts/drift/stacks/read-drifts.ts';
import { isSecretPath } from '../../../scripts/drift/stacks/secret-properties.ts';
import { nextOf } from '../../../scripts/drift/stacks/stack-next.ts';
import { absentSection, stackSection } from '../../../scripts/drift/stacks/stack-section.ts';

const stack: FoundStack = {
  id: 'arn:aws:cloudformation:eu-west-1:100000000001:stack/vendhost-dev-shop-host/1',
  name: 'vendhost-dev-shop-host',
  status: 'UPDATE_COMPLETE',
  tenant: 'shop',
  layer: 'host',
  root: undefined,
  parameters: ['ImageId'],
  hasSecrets: false,
  isUnprotected: false,
};
const complete: Detection = { kind: 'ended', isComplete: true, reason: undefined, startedAt: new Date(0) };
const failed: Detection = { ...complete, isComplete: false, reason: 'Failed to detect drift on resources [Group]' };
const resource = (logicalId: string, changes: Partial<ResourceDrift> = {}): ResourceDrift => ({
  logicalId,
  physicalId: `physical-${logicalId}`,
  type: 'AWS::AutoScaling::AutoScalingGroup',
  status: 'IN_SYNC',
  differences: [],
  ...changes,
});
const section = (resources: ResourceDrift[], detection: Detection = complete, changers = new Map<string, string>()) =>
  stackSection({
    environment: 'dev',
    stack,
    detection,
    resources,
    isSecret: (_, path) => isSecretPath(path),
    changers,
  });

test('what is in sync is clean', () => {
  expect(section([resource('Group')])).toEqual({
    id: 'dev/stacks/vendhost-dev-shop-host',
    title: 'vendhost-dev-shop-host',
    summary: '1 in sync',
    state: 'clean',
    findings: [],
  });
});

test('a stack that holds data and may be deleted is found, though its resources are as they should be', () => {
  const unprotected = { ...stack, isUnprotected: true };
  const facts = {
    environment: 'dev',
    stack: unprotected,
    detection: complete,
    resources: [resource('Group')],
  } as const;
  expect(stackSection({ ...facts, isSecret: () => false, changers: new Map() })).toMatchObject({
    state: 'found',
    summary: 'it may be deleted, 1 in sync',
    findings: [{ id: 'dev/stacks/vendhost-dev-shop-host/termination-protection', gravity: 'fault' }],
  });
});

test('of a nested stack there is no change set', () => {
  const nested = { ...stack, root: 'arn:aws:cloudformation:eu-west-1:100000000001:stack/root/1' };
  const next = nextOf('dev', nested);
  expect(next).toContain(`the stack is nested in ${nested.root}`);
  expect(next).not.toContain('create-change-set');
});

test('a type that CloudFormation cannot compare is named, and the rest is clean', () => {
  const policy = resource('Policy', { type: 'AWS::SNS::TopicPolicy', status: 'NOT_CHECKED' });
  expect(section([resource('Group'), policy])).toMatchObject({
    state: 'clean',
    summary: '1 in sync, 1 cannot be checked (AWS::SNS::TopicPolicy)',
  });
});

test('a change says what it was, who did it and how it ends', () => {
  const differences = [
    { path: '/MaxSize', expected: '2', actual: '9' },
    { path: '/Tags/3', actual: '{"Key":"owner"}' },
    { path: '/MasterUserPassword', expected: 'very secret', actual: 'also secret' },
  ];
  const changers = new Map([['Group', 'CloudTrail: UpdateAutoScalingGroup by somebody']]);
  const found = section([resource('Group', { status: 'MODIFIED', differences })], complete, changers);
  expect(found).toMatchObject({ state: 'found', summary: '1 of 1 resources differ, 0 in sync' });
  expect(found.findings).toEqual([
    {
      id: 'dev/stacks/vendhost-dev-shop-host/Group',
      gravity: 'change',
      title: 'Group (AWS::AutoScaling::AutoScalingGroup) was changed outside of CloudFormation',
      details: ['it is physical-Group', 'CloudTrail: UpdateAutoScalingGroup by somebody'],
      values: [
        { path: '/MaxSize', from: '2', to: '9' },
        { path: '/Tags/3', to: '{"Key":"owner"}' },
        { path: '/MasterUserPassword', from: '[masked]', to: '[masked]' },
      ],
      next:
        'to keep the change, write it into the code and run vendhost host provision --tenant shop --environment dev; to undo it, set the old value again, or execute the change set of: ' +
        'aws cloudformation create-change-set --stack-name vendhost-dev-shop-host --change-set-name revert-drift --use-previous-template --deployment-mode REVERT_DRIFT --capabilities CAPABILITY_NAMED_IAM --parameters ParameterKey=ImageId,UsePreviousValue=true',
    },
  ]);
});

test.each([
  ['AWS::RDS::DBInstance', 'DELETED', 'loss'],
  ['AWS::AutoScaling::AutoScalingGroup', 'DELETED', 'fault'],
  ['AWS::IAM::Role', 'MODIFIED', 'access'],
  ['AWS::S3::BucketPolicy', 'MODIFIED', 'access'],
  ['AWS::EC2::SecurityGroup', 'MODIFIED', 'network'],
  ['AWS::ElasticLoadBalancingV2::ListenerRule', 'MODIFIED', 'network'],
  ['AWS::CloudWatch::Alarm', 'MODIFIED', 'change'],
] as const)('%s that is %s is of the gravity %s', (type, status, gravity) => {
  expect(section([resource('One', { type, status })]).findings[0]?.gravity).toBe(gravity);
});

test.each([
  ['UNKNOWN', [resource('Group', { status: 'UNKNOWN', reason: 'not authorized' })], complete],
  ['not checked by a detection that failed', [resource('Group', { status: 'NOT_CHECKED' })], failed],
  ['in sync, after a detection that failed and does not say of what', [resource('Group')], failed],
  ['of a detection that did not start', [], { kind: 'unknown', reason: 'AWS throttles the account' }],
] as const)('what is %s is unknown, never clean', (_, resources, detection) => {
  const { state, findings } = section([...resources], detection);
  expect({ state, gravities: findings.map(({ gravity }) => gravity) }).toEqual({
    state: 'unknown',
    gravities: ['unknown'],
  });
});

test('what is read by the value of a secret is not checked, and that makes nothing unknown', () => {
  const attachment = resource('Attachment', { type: 'AWS::SecretsManager::SecretTargetAttachment', status: 'UNKNOWN' });
  expect(section([resource('Group'), attachment], failed)).toMatchObject({
    state: 'clean',
    summary: '1 in sync, 1 cannot be checked (AWS::SecretsManager::SecretTargetAttachment)',
  });
});

test('drift beside what could not be checked is found, and says both', () => {
  const gone = resource('Gone', { status: 'DELETED' });
  const dark = resource('Dark', { status: 'UNKNOWN' });
  const found = section([gone, dark], failed);
  expect(found).toMatchObject({
    state: 'found',
    summary: '1 of 2 resources differ, 1 could not be checked, 0 in sync',
  });
  expect(found.findings.map(({ title }) => title)).toEqual([
    'Gone (AWS::AutoScaling::AutoScalingGroup) was deleted outside of CloudFormation',
    'Dark (AWS::AutoScaling::AutoScalingGroup) could not be checked: Failed to detect drift on resources [Group]',
  ]);
});

test('a stack that is not there is found, with the command that deploys it', () => {
  const entry = { name: 'vendhost-dev-shop-entry', tenant: 'shop', found: [stack] };
  expect(absentSection('dev', entry)).toMatchObject({
    state: 'found',
    findings: [{ gravity: 'fault', next: 'vendhost tenant vend shop --environment dev' }],
  });
  const balancer = { name: 'vendhost-dev-balancer-2', tenant: undefined, found: [] };
  expect(absentSection('dev', balancer).findings[0]?.next).toBe(
    'vendhost platform deploy --environment dev --layer balancer',
  );
  const vending = { ...entry, found: [{ ...stack, status: 'CREATE_IN_PROGRESS' }] };
  expect(absentSection('dev', vending)).toMatchObject({
    state: 'unknown',
    summary: 'the stack is not there, and vendhost-dev-shop-host is CREATE_IN_PROGRESS',
  });
  expect(absentSection('dev', { ...vending, tenant: 'mill' }).state).toBe('found');
});
