import { expect, test } from 'vitest';
import { type AccountUses, usesOf } from '../../../../scripts/retention/images/image-uses.ts';

const nothing: AccountUses = { instances: [], templates: [], launchConfigurations: [], groups: [], images: [] };
const version = (VersionNumber: number, ImageId: string, DefaultVersion = false) => ({
  ...{ VersionNumber, DefaultVersion, LaunchTemplateData: { ImageId } },
});
const template = {
  ...{ id: 'lt-1', name: 'shop' },
  versions: [version(3, 'ami-c'), version(2, 'ami-a', true), version(1, 'ami-a')],
};

function uses(some: Partial<AccountUses>): Record<string, readonly string[]> {
  return Object.fromEntries(usesOf({ ...nothing, ...some }));
}

test('instances, whatever they are doing', () => {
  const instance = (InstanceId: string, ImageId: string, Name: 'running' | 'stopped') => ({
    ...{ InstanceId, ImageId, State: { Name } },
  });
  const instances = [instance('i-1', 'ami-a', 'running'), instance('i-2', 'ami-b', 'stopped')];
  expect(uses({ instances })).toEqual({ 'ami-a': ['instance i-1 (running)'], 'ami-b': ['instance i-2 (stopped)'] });
});

test('every version of a launch template', () => {
  expect(uses({ templates: [template] })).toEqual({
    'ami-a': ['launch template shop, versions 1, 2'],
    'ami-c': ['launch template shop, version 3'],
  });
});

test.each([
  ['$Default', 'ami-a'],
  ['$Latest', 'ami-c'],
  ['1', 'ami-a'],
])('a group that starts from version %s', (wanted, image) => {
  const groups = [{ name: 'shop', template: { id: 'lt-1', version: wanted }, overrides: [] }];
  expect(uses({ templates: [template], groups })[image]?.at(-1)).toBe('Auto Scaling group shop');
});

test('launch configurations, their groups, and images of a mixed instances policy', () => {
  const launchConfigurations = [{ name: 'old', image: 'ami-a' }];
  const groups = [
    { name: 'former', configuration: 'old', overrides: [] },
    { name: 'mixed', overrides: ['ami-b', 'ami-c'] },
  ];
  expect(uses({ launchConfigurations, groups })).toEqual({
    'ami-a': ['launch configuration old', 'Auto Scaling group former'],
    'ami-b': ['Auto Scaling group mixed'],
    'ami-c': ['Auto Scaling group mixed'],
  });
});

test('images that were made of it, or have its snapshots; no image uses itself', () => {
  const image = (ImageId: string, SnapshotId: string, more: object = {}) => ({
    ...{ ImageId, BlockDeviceMappings: [{ Ebs: { SnapshotId } }], ...more },
  });
  const images = [
    image('ami-a', 'snap-1'),
    image('ami-b', 'snap-1'),
    image('ami-c', 'snap-2', { Tags: [{ Key: 'vendhost:source-ami', Value: 'ami-a' }], SourceImageId: 'ami-a' }),
    image('ami-d', 'snap-3', { SourceImageId: 'ami-d' }),
  ];
  expect(uses({ images })).toEqual({ 'ami-a': ['image ami-b', 'image ami-c'], 'ami-b': ['image ami-a'] });
});
