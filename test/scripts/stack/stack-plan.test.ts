import { fullDiff } from '@aws-cdk/cloudformation-diff';
import { describe, expect, test } from 'vitest';
import type { Template } from '../../../scripts/stack/assembly.ts';
import { changedParameters, describePlan, planLines, referring } from '../../../scripts/stack/stack-plan.ts';

const bucket = (name: string) => ({ Type: 'AWS::S3::Bucket', Properties: { BucketName: name } });
const queue = (delay: number) => ({ Type: 'AWS::SQS::Queue', Properties: { DelaySeconds: delay } });

function plan(before: object, after: object, exists = true) {
  const diff = fullDiff({ Resources: before }, { Resources: after });
  return describePlan('a-stack', exists, diff, []);
}

describe('describePlan', () => {
  test('nothing differs', () => {
    expect(plan({ A: queue(1) }, { A: queue(1) })).toEqual({ stack: 'a-stack', action: 'none', changes: [] });
  });

  test('creates, updates, replaces and deletes, in the order of the names', () => {
    expect(
      plan({ B: bucket('old'), C: queue(1), D: queue(1) }, { A: queue(1), B: bucket('new'), C: queue(2) }),
    ).toEqual({
      stack: 'a-stack',
      action: 'update',
      changes: [
        { logicalId: 'A', type: 'AWS::SQS::Queue', action: 'create' },
        { logicalId: 'B', type: 'AWS::S3::Bucket', action: 'update', replacement: 'yes' },
        { logicalId: 'C', type: 'AWS::SQS::Queue', action: 'update' },
        { logicalId: 'D', type: 'AWS::SQS::Queue', action: 'delete' },
      ],
    });
  });

  test('a change of outputs alone is an update too', () => {
    const diff = fullDiff({ Outputs: { A: { Value: '1' } } }, { Outputs: { A: { Value: '2' } } });
    expect(describePlan('a-stack', true, diff, [])).toEqual({ stack: 'a-stack', action: 'update', changes: [] });
  });

  test('resources that a parameter reaches are updated once', () => {
    const diff = fullDiff({ Resources: { A: queue(1) } }, { Resources: { A: queue(2) } });
    const reached = ['A', 'B'].map((logicalId) => ({ logicalId, type: 'AWS::SQS::Queue' }));
    expect(describePlan('a-stack', true, diff, reached).changes).toEqual([
      { logicalId: 'A', type: 'AWS::SQS::Queue', action: 'update' },
      { logicalId: 'B', type: 'AWS::SQS::Queue', action: 'update' },
    ]);
  });
});

describe('parameters', () => {
  const template: Template = {
    Parameters: { ImageId: {}, Size: { Default: 'small' } },
    Resources: {
      Template: { Type: 'AWS::EC2::LaunchTemplate', Properties: { Data: { ImageId: { Ref: 'ImageId' } } } },
      Text: { Type: 'AWS::SSM::Parameter', Properties: { Value: { 'Fn::Sub': 'it is ${ImageId}' } } },
      Other: { Type: 'AWS::SQS::Queue', Properties: { Name: 'ImageId' } },
    },
  };

  test.each([
    [{ ImageId: 'ami-2' }, ['ImageId']],
    [{ ImageId: 'ami-1' }, []],
    [{}, []],
    [{ Unknown: 'x' }, []],
  ])('%j changes %j', (given, expected) => {
    expect(changedParameters({ parameters: { ImageId: 'ami-1', Size: 'small' } }, template, given)).toEqual(expected);
  });

  test('reach what refers to them, by Ref or in a text', () => {
    expect(referring(template, ['ImageId']).map(({ logicalId }) => logicalId)).toEqual(['Template', 'Text']);
    expect(referring(template, ['Size'])).toEqual([]);
  });
});

test('planLines counts what a new stack makes, and names what a known one changes', () => {
  const changes = [
    { logicalId: 'A', type: 'AWS::SQS::Queue', action: 'create' as const },
    { logicalId: 'B', type: 'AWS::SQS::Queue', action: 'create' as const },
  ];
  const replaced = {
    logicalId: 'C',
    type: 'AWS::S3::Bucket',
    action: 'update' as const,
    replacement: 'maybe' as const,
  };
  expect(
    planLines([
      { stack: 'new', action: 'create', changes },
      { stack: 'known', action: 'update', changes: [{ ...replaced }, { ...replaced, replacement: 'yes' }] },
      { stack: 'same', action: 'none', changes: [] },
    ]),
  ).toEqual([
    'new: create',
    '  + 2 SQS::Queue',
    'known: update',
    '  ~ S3::Bucket C (may be replaced)',
    '  ~ S3::Bucket C (replaced)',
    'same: no change',
  ]);
});
