import { describe, expect, test } from 'vitest';
import {
  changeSetName,
  describeChange,
  isEmpty,
  requestParameters,
} from '../../../../scripts/stack/change-sets/change-set.ts';

describe('changeSetName', () => {
  test.each([
    ['vendhost-123', 'vendhost-123-ab12'],
    ['12 plan/of: me', 'plan-of-me-ab12'],
    ['', 'plan-ab12'],
    ['x'.repeat(200), `${'x'.repeat(123)}-ab12`],
  ])('%j', (name, expected) => {
    const made = changeSetName(name, 'ab12');
    expect(made).toBe(expected);
    expect(made).toMatch(/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/);
  });
});

describe('isEmpty', () => {
  test.each([
    ["The submitted information didn't contain changes. Submit different information to create a change set.", true],
    ['No updates are to be performed.', true],
    ['Template error: instance of Fn::GetAtt references undefined resource A', false],
    ['', false],
  ])('%s', (reason, expected) => {
    expect(isEmpty(reason)).toBe(expected);
  });
});

describe('requestParameters', () => {
  const template = { Parameters: { A: {}, B: { Default: 'b' }, C: {} } };

  test('in a stack that exists what is not given keeps its value, unless it has none', () => {
    expect(requestParameters(template, { A: 'new', Other: 'x' }, { parameters: { A: 'a', B: 'old' } })).toEqual([
      { ParameterKey: 'A', ParameterValue: 'new' },
      { ParameterKey: 'B', UsePreviousValue: true },
    ]);
  });

  test('in a new stack only what is given is sent', () => {
    expect(requestParameters(template, { A: 'a' }, undefined)).toEqual([{ ParameterKey: 'A', ParameterValue: 'a' }]);
  });
});

describe('describeChange', () => {
  const resource = { LogicalResourceId: 'A', ResourceType: 'AWS::S3::Bucket' };
  const expected = { logicalId: 'A', type: 'AWS::S3::Bucket' };

  test.each([
    [{ Action: 'Add' }, { action: 'create' }],
    [{ Action: 'Import' }, { action: 'create' }],
    [{ Action: 'Remove' }, { action: 'delete' }],
    [{ Action: 'Modify', Replacement: 'False' }, { action: 'update' }],
    [
      { Action: 'Modify', Replacement: 'True' },
      { action: 'update', replacement: 'yes' },
    ],
    [
      { Action: 'Modify', Replacement: 'Conditional' },
      { action: 'update', replacement: 'maybe' },
    ],
    [{ Action: 'Dynamic' }, { action: 'update', replacement: 'maybe' }],
  ] as const)('%j', (change, rest) => {
    expect(describeChange({ ResourceChange: { ...resource, ...change } })).toEqual([{ ...expected, ...rest }]);
  });

  test('what is no resource is no change', () => {
    expect(describeChange({})).toEqual([]);
  });
});
