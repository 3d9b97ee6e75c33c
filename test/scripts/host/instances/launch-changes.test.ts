import { describe, expect, test } from 'vitest';
import { joinChanges, launchChanges, versionChanges } from '../../../../scripts/host/instances/launch-changes.ts';
import type { PlannedValue } from '../../../../scripts/host/planned-value.ts';
import type { Change } from '../../../../scripts/stack/stack-plan.ts';

const data = {
  ImageId: { Ref: 'ImageId' },
  InstanceType: 't3.micro',
  SecurityGroupIds: [{ 'Fn::GetAtt': ['Firewall', 'GroupId'] }],
  UserData: { 'Fn::Base64': { 'Fn::Sub': `reach \${Address} in \${AWS::Region}` } },
};
const host = (changes: object = {}, parameters: Record<string, PlannedValue> = {}) => ({
  template: {
    Resources: {
      Other: { Type: 'AWS::AutoScaling::AutoScalingGroup', Properties: {} },
      Template: { Type: 'AWS::EC2::LaunchTemplate', Properties: { LaunchTemplateData: { ...data, ...changes } } },
    },
  },
  parameters: { ImageId: 'ami-1', Address: 'db', ...parameters },
});

describe('launchChanges', () => {
  const unknown = { stack: 'data', output: 'Address', expected: 'db' };
  test.each([
    ['nothing', host(), []],
    ['the image', host({}, { ImageId: 'ami-2' }), [{ property: 'ImageId', from: 'ami-1', to: 'ami-2' }]],
    ['the type', host({ InstanceType: 't3.small' }), [{ property: 'InstanceType', from: 't3.micro', to: 't3.small' }]],
    ['the address in the user data', host({}, { Address: 'other' }), [{ property: 'UserData' }]],
    ['an address that is not known yet', host({}, { Address: unknown }), [{ property: 'UserData', maybe: true }]],
    ['a property more', host({ KeyName: 'key' }), [{ property: 'KeyName' }]],
    ['a property less', host({ InstanceType: undefined }), [{ property: 'InstanceType', from: 't3.micro' }]],
  ])('%s', (_what, after, expected) => {
    expect(launchChanges(host(), after, [])).toEqual(expected);
  });

  test.each<[string, Change['replacement'], object[]]>([
    ['is replaced', 'yes', [{ property: 'SecurityGroupIds' }]],
    ['may be replaced', 'maybe', [{ property: 'SecurityGroupIds', maybe: true }]],
    ['stays', undefined, []],
  ])('a security group it refers to %s', (_what, replacement, expected) => {
    const firewall = { logicalId: 'Firewall', type: 'AWS::EC2::SecurityGroup', action: 'update' as const };
    const change = replacement === undefined ? firewall : { ...firewall, replacement };
    expect(launchChanges(host(), host(), [change])).toEqual(expected);
  });
});

test('versionChanges: what differs between two versions', () => {
  const before = { ImageId: 'ami-1', InstanceType: 't3.micro', UserData: 'b25l' } as const;
  expect(versionChanges(before, { ...before, ImageId: 'ami-2', UserData: 'dHdv' })).toEqual([
    { property: 'ImageId', from: 'ami-1', to: 'ami-2' },
    { property: 'UserData' },
  ]);
  expect(versionChanges(before, { ...before })).toEqual([]);
});

describe('joinChanges', () => {
  const image = (from: string, to: string) => ({ property: 'ImageId', from, to });
  test('spans from the first to the last', () => {
    expect(joinChanges([image('a', 'b')], [image('b', 'c'), { property: 'UserData', maybe: true }])).toEqual([
      image('a', 'c'),
      { property: 'UserData', maybe: true },
    ]);
  });

  test('a reverted change is no change', () => {
    expect(joinChanges([image('a', 'b')], [image('b', 'a')])).toEqual([]);
  });

  test('a change certain in one set is certain', () => {
    expect(joinChanges([{ property: 'UserData' }], [{ property: 'UserData', maybe: true }])).toEqual([
      { property: 'UserData' },
    ]);
  });
});
