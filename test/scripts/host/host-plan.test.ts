import { describe, expect, test } from 'vitest';
import { checkDataPlan, type HostState, hostParameters } from '../../../scripts/host/host-plan.ts';
import type { Change, StackPlan } from '../../../scripts/stack/stack-plan.ts';

const world: HostState = {
  rules: [{ band: 'exact', hosts: ['shop.example.com'], priority: 7, kept: false }],
  image: { id: 'ami-1', rootDevice: '/dev/xvda' },
  group: undefined,
  waiting: undefined,
  released: false,
  data: { DatabaseAddress: 'db', DatabasePort: '3306', DatabaseSecurityGroup: 'sg-db', DatabaseSecret: 'arn:secret' },
};
const group = { name: 'g', version: '4', launchTemplateId: 'lt-1', min: 1, inService: ['i-1'], instances: 1 };

describe('hostParameters', () => {
  test('of a host that is not there yet', () => {
    expect(hostParameters(world, true)).toEqual({
      ImageId: 'ami-1',
      RootDevice: '/dev/xvda',
      LaunchTemplateVersion: '1',
      HealthCheckType: 'EC2',
      ListenerPriority: '7',
      DatabaseAddress: 'db',
      DatabasePort: '3306',
      DatabaseSecurityGroup: 'sg-db',
    });
  });

  test('an image alone moves no instance: the group keeps the version it has', () => {
    expect(hostParameters({ ...world, group }, true)).toMatchObject({ LaunchTemplateVersion: '4' });
  });

  test('once something was released the load balancer says who is healthy', () => {
    expect(hostParameters({ ...world, group, released: true }, true)).toMatchObject({ HealthCheckType: 'ELB' });
  });

  test('a database that vendhost.yml no longer has is not given to the host', () => {
    expect(Object.keys(hostParameters(world, false))).not.toContain('DatabaseAddress');
  });

  test('each rule has a parameter', () => {
    const rules = [...world.rules, { band: 'wildcard-3', hosts: ['*.example.com'], priority: 48_001, kept: true }];
    expect(hostParameters({ ...world, rules }, true)).toMatchObject({
      ListenerPriority: '7',
      ListenerPriorityWildcard3: '48001',
    });
  });
});

describe('checkDataPlan', () => {
  const plan = (...changes: Change[]): StackPlan => ({ stack: 'vendhost-dev-shop-data', action: 'update', changes });
  const database = { logicalId: 'Database', type: 'AWS::RDS::DBInstance' };

  test.each<[string, StackPlan | undefined]>([
    ['no data stack', undefined],
    ['a new one', { ...plan({ ...database, action: 'create' }), action: 'create' }],
    ['a larger database', plan({ ...database, action: 'update', replacement: 'maybe' })],
    ['another parameter group', plan({ logicalId: 'P', type: 'AWS::RDS::DBParameterGroup', action: 'delete' })],
  ])('%s passes', (_what, given) => {
    expect(() => checkDataPlan(given)).not.toThrow();
  });

  test('what would lose data does not', () => {
    const secret = { logicalId: 'Secret', type: 'AWS::SecretsManager::Secret' };
    const lossy = plan({ ...database, action: 'update', replacement: 'yes' }, { ...secret, action: 'delete' });
    expect(() => checkDataPlan(lossy)).toThrow(
      expect.objectContaining({
        code: 'DATA_WOULD_BE_LOST',
        details: [
          'Database (AWS::RDS::DBInstance) would be replaced',
          'Secret (AWS::SecretsManager::Secret) would be deleted',
        ],
      }),
    );
  });
});
