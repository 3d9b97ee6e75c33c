import { describe, expect, test } from 'vitest';
import {
  type HostPlanInput,
  type HostState,
  hostParameters,
  hostPlanDiffers,
  planHost,
} from '../../../scripts/host/host-plan.ts';
import { hostPlanLines } from '../../../scripts/host/host-plan-lines.ts';
import type { Template } from '../../../scripts/stack/assembly.ts';
import type { StackPlan } from '../../../scripts/stack/stack-plan.ts';

const [dataStack, hostStack] = ['vendhost-dev-shop-data', 'vendhost-dev-shop-host'];
const unchanged = (stack: string): StackPlan => ({ stack, action: 'none', changes: [] });
const updated = (stack: string, ...logicalIds: string[]): StackPlan => ({
  stack,
  action: 'update',
  changes: logicalIds.map((logicalId) => ({ logicalId, type: `AWS::EC2::${logicalId}`, action: 'update' })),
});

const outputs = {
  DatabaseAddress: 'db.test',
  DatabasePort: '3306',
  DatabaseSecurityGroup: 'sg-db',
  DatabaseSchema: 'app',
  DatabaseSecret: 'arn:secret',
};
const parameters = {
  ImageId: 'ami-1',
  RootDevice: '/dev/xvda',
  LaunchTemplateVersion: '4',
  HealthCheckType: 'ELB',
  ...outputs,
};
const group = {
  name: 'vendhost-dev-shop',
  version: '4',
  launchTemplateId: 'lt-1',
  min: 2,
  inService: [],
  members: [],
  instances: 2,
};
const healthCheck = {
  arn: 'arn:group',
  targetGroup: 'vendhost-dev-shop--8080-1',
  wanted: { path: '/health', status: '200' },
  changes: [],
};
const toHealth = { setting: 'health check path', from: '/', to: '/health' };

/** A host as a successful provision and a release left it. */
const settled: HostState = {
  healthCheck,
  image: { id: 'ami-1', rootDevice: '/dev/xvda' },
  formerImage: 'ami-1',
  group,
  waiting: undefined,
  released: true,
  data: outputs,
  parameters,
};
/** A host that is not there yet, with a database that is not there either. */
const absent: HostState = {
  healthCheck: { ...healthCheck, changes: [toHealth] },
  image: { id: 'ami-1', rootDevice: '/dev/xvda' },
  formerImage: undefined,
  group: undefined,
  waiting: undefined,
  released: false,
  data: {},
  parameters: {},
};

const template = (data: object): Template => ({
  Resources: { Template: { Type: 'AWS::EC2::LaunchTemplate', Properties: { LaunchTemplateData: data } } },
});
const launched = {
  ImageId: { Ref: 'ImageId' },
  InstanceType: 't3.micro',
  UserData: { 'Fn::Base64': { 'Fn::Sub': `mysql://\${DatabaseAddress}` } },
};

function plan(state: HostState, given: Partial<HostPlanInput> = {}) {
  const stacks = [unchanged(dataStack), unchanged(hostStack)];
  const both = { template: template(launched), deployed: template(launched) };
  return planHost({ place: { tenant: 'shop', environment: 'dev' }, state, stacks, ...both, ...given });
}

/** Parameters that stay as they are. */
const same = Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, { from: value, to: value }]));
const noData = { ...unchanged(dataStack), parameters: {} };
const settledPlan = {
  image: { from: 'ami-1', to: 'ami-1' },
  healthCheck,
  data: noData,
  host: { ...unchanged(hostStack), parameters: same },
};

describe('planHost', () => {
  test('a host that matches its files', () => {
    const planned = plan(settled);
    expect(planned).toEqual(settledPlan);
    expect(hostPlanDiffers(planned)).toBe(false);
    expect(hostPlanLines(planned)).toEqual([
      'image ami-1',
      'vendhost-dev-shop-data: no change',
      'vendhost-dev-shop-host: no change',
    ]);
  });

  test("a new host: the database's endpoint and secret become known during the deploy", () => {
    const create = (stack: string, type: string): StackPlan => ({
      stack,
      action: 'create',
      changes: [{ logicalId: 'One', type, action: 'create' }],
    });
    const stacks = [create(dataStack, 'AWS::RDS::DBInstance'), create(hostStack, 'AWS::EC2::LaunchTemplate')];
    const planned = plan(absent, { stacks });
    expect(planned).toEqual({
      image: { to: 'ami-1' },
      healthCheck: absent.healthCheck,
      data: { ...stacks[0], parameters: {} },
      host: {
        ...stacks[1],
        parameters: {
          ImageId: { to: 'ami-1' },
          RootDevice: { to: '/dev/xvda' },
          LaunchTemplateVersion: { to: '1' },
          HealthCheckType: { to: 'EC2' },
          DatabaseAddress: { to: { stack: dataStack, output: 'DatabaseAddress' } },
          DatabasePort: { to: { stack: dataStack, output: 'DatabasePort' } },
          DatabaseSecurityGroup: { to: { stack: dataStack, output: 'DatabaseSecurityGroup' } },
          DatabaseSchema: { to: { stack: dataStack, output: 'DatabaseSchema' } },
          DatabaseSecret: { to: { stack: dataStack, output: 'DatabaseSecret' } },
        },
      },
    });
    expect(hostPlanDiffers(planned)).toBe(true);
    expect(hostPlanLines(planned)).toEqual([
      'image ami-1',
      'target group vendhost-dev-shop--8080-1: health check path / → /health',
      'vendhost-dev-shop-data: create',
      '  + 1 RDS::DBInstance',
      'vendhost-dev-shop-host: create',
      '  + 1 EC2::LaunchTemplate',
      '  parameter ImageId: ami-1',
      '  parameter RootDevice: /dev/xvda',
      '  parameter LaunchTemplateVersion: 1',
      '  parameter HealthCheckType: EC2',
      '  parameter DatabaseAddress: known once vendhost-dev-shop-data is deployed',
      '  parameter DatabasePort: known once vendhost-dev-shop-data is deployed',
      '  parameter DatabaseSecurityGroup: known once vendhost-dev-shop-data is deployed',
      '  parameter DatabaseSchema: known once vendhost-dev-shop-data is deployed',
      '  parameter DatabaseSecret: known once vendhost-dev-shop-data is deployed',
    ]);
  });

  test('another image: the group keeps its version until the instances are replaced', () => {
    const state = { ...settled, image: { id: 'ami-2', rootDevice: '/dev/xvda' } };
    const planned = plan(state, { stacks: [unchanged(dataStack), updated(hostStack, 'LaunchTemplate')] });
    expect(planned).toEqual({
      ...settledPlan,
      image: { from: 'ami-1', to: 'ami-2' },
      host: {
        ...updated(hostStack, 'LaunchTemplate'),
        parameters: { ...same, ImageId: { from: 'ami-1', to: 'ami-2' } },
      },
      refresh: {
        group: 'vendhost-dev-shop',
        instances: 2,
        from: '4',
        to: { newestOf: 'lt-1' },
        replacement: 'yes',
        changes: [{ property: 'ImageId', from: 'ami-1', to: 'ami-2' }],
        after: { LaunchTemplateVersion: { newestOf: 'lt-1' } },
      },
    });
    expect(hostPlanLines(planned)).toEqual([
      'image ami-1 → ami-2',
      'vendhost-dev-shop-data: no change',
      'vendhost-dev-shop-host: update',
      '  ~ EC2::LaunchTemplate LaunchTemplate',
      '  parameter ImageId: ami-1 → ami-2',
      'all 2 instances of vendhost-dev-shop are replaced, each when a new one is healthy',
      '  image: ami-1 → ami-2',
      '  launch template version: 4 → the number that the update of vendhost-dev-shop-host gives it',
      '  then parameter LaunchTemplateVersion of vendhost-dev-shop-host gets that number',
    ]);
  });

  test('another type and other user data: why the instances are replaced, with readable old values', () => {
    const stacks = [unchanged(dataStack), updated(hostStack, 'LaunchTemplate')];
    const wanted = template({ ...launched, InstanceType: 't3.small', UserData: { 'Fn::Base64': 'other' } });
    expect(plan(settled, { stacks, template: wanted }).refresh).toMatchObject({
      replacement: 'yes',
      changes: [{ property: 'InstanceType', from: 't3.micro', to: 't3.small' }, { property: 'UserData' }],
    });
  });

  test('the first release: the load balancer judges the instances from now on, and none is replaced', () => {
    const state = { ...settled, parameters: { ...parameters, HealthCheckType: 'EC2' } };
    const planned = plan(state, { stacks: [unchanged(dataStack), updated(hostStack, 'Group')] });
    expect(planned.host.parameters.HealthCheckType).toEqual({ from: 'EC2', to: 'ELB' });
    expect(planned.refresh).toMatchObject({ replacement: 'no', changes: [] });
    expect(hostPlanLines(planned)).toEqual([
      'image ami-1',
      'vendhost-dev-shop-data: no change',
      'vendhost-dev-shop-host: update',
      '  ~ EC2::Group Group',
      '  parameter HealthCheckType: EC2 → ELB',
    ]);
  });

  test('a larger database: instances are replaced only if its address changes', () => {
    const planned = plan(settled, { stacks: [updated(dataStack, 'Database'), unchanged(hostStack)] });
    const output = (name: keyof typeof outputs) => ({
      from: outputs[name],
      to: { stack: dataStack, output: name, expected: outputs[name] },
    });
    expect(planned.host).toEqual({
      ...unchanged(hostStack),
      parameters: {
        ...same,
        DatabaseAddress: output('DatabaseAddress'),
        DatabasePort: output('DatabasePort'),
        DatabaseSecurityGroup: output('DatabaseSecurityGroup'),
        DatabaseSchema: output('DatabaseSchema'),
        DatabaseSecret: output('DatabaseSecret'),
      },
    });
    expect(planned.refresh).toMatchObject({
      to: { newestOf: 'lt-1' },
      replacement: 'maybe',
      changes: [{ property: 'UserData', maybe: true }],
    });
    expect(hostPlanLines(planned)).toContain(
      'all 2 instances of vendhost-dev-shop may be replaced, each when a new one is healthy',
    );
    expect(hostPlanLines(planned)).toContain('  user data: depends on a value that is not known yet');
  });
});

test('another health check is a change, even if no stack is', () => {
  const planned = plan({ ...settled, healthCheck: { ...healthCheck, changes: [toHealth] } });
  expect(planned).toEqual({ ...settledPlan, healthCheck: { ...healthCheck, changes: [toHealth] } });
  expect(hostPlanDiffers(planned)).toBe(true);
  expect(hostPlanLines(planned)[1]).toBe('target group vendhost-dev-shop--8080-1: health check path / → /health');
});

test('the part of a health check left to the release: until then Auto Scaling ignores the load balancer', () => {
  const left = { ...healthCheck, changes: [], afterRelease: [toHealth] };
  const planned = plan({ ...settled, healthCheck: left });
  expect(planned.host.parameters.HealthCheckType).toEqual({ from: 'ELB', to: 'EC2' });
  expect(hostPlanDiffers(planned)).toBe(false);
  expect(hostPlanLines(planned)).toContain(
    'after the release, target group vendhost-dev-shop--8080-1: health check path / → /health',
  );
});

test("hostParameters: `database: none` keeps a host's values of an existing database, and only of a complete one", () => {
  expect(hostParameters(settled, undefined)).toEqual(parameters);
  expect(Object.keys(hostParameters({ ...settled, data: {} }, undefined))).not.toContain('DatabaseAddress');
});

describe('a plan after a run that did not finish', () => {
  const waiting = { version: '5', changes: [{ property: 'ImageId', from: 'ami-1', to: 'ami-2' }] };
  const refresh = { group: 'vendhost-dev-shop', instances: 2, from: '4', replacement: 'yes', unfinished: '5' };

  test('died or failed after the host update: the waiting version is rolled out', () => {
    const state = { ...settled, image: { id: 'ami-2', rootDevice: '/dev/xvda' }, waiting };
    const planned = plan({ ...state, parameters: { ...parameters, ImageId: 'ami-2' } });
    expect(planned.host.action).toBe('none');
    expect(planned.refresh).toEqual({
      ...refresh,
      to: '5',
      changes: waiting.changes,
      after: { LaunchTemplateVersion: '5' },
    });
    expect(hostPlanDiffers(planned)).toBe(true);
    expect(hostPlanLines(planned).slice(-5)).toEqual([
      'all 2 instances of vendhost-dev-shop are replaced, each when a new one is healthy',
      '  image: ami-1 → ami-2',
      '  the roll-out of version 5 failed or did not take place before',
      '  launch template version: 4 → 5',
      '  then parameter LaunchTemplateVersion of vendhost-dev-shop-host gets that number',
    ]);
  });

  test("and a third image since: the instances' present image is compared with the new one", () => {
    const state = { ...settled, image: { id: 'ami-3', rootDevice: '/dev/xvda' }, waiting };
    const stacks = [unchanged(dataStack), updated(hostStack, 'LaunchTemplate')];
    expect(plan({ ...state, parameters: { ...parameters, ImageId: 'ami-2' } }, { stacks }).refresh).toEqual({
      ...refresh,
      to: { newestOf: 'lt-1' },
      changes: [{ property: 'ImageId', from: 'ami-1', to: 'ami-3' }],
      after: { LaunchTemplateVersion: { newestOf: 'lt-1' } },
    });
  });

  test('and back to the previous image: another version without differences', () => {
    const state = { ...settled, waiting, parameters: { ...parameters, ImageId: 'ami-2' } };
    const stacks = [unchanged(dataStack), updated(hostStack, 'LaunchTemplate')];
    expect(plan(state, { stacks }).refresh).toMatchObject({ ...refresh, to: { newestOf: 'lt-1' }, changes: [] });
  });

  test('died after the refresh: the stack gets the version that the group has, no instance is replaced', () => {
    const state = { ...settled, group: { ...group, version: '5' } };
    const planned = plan(state, { stacks: [unchanged(dataStack), updated(hostStack, 'Group')] });
    expect(planned.host.parameters.LaunchTemplateVersion).toEqual({ from: '4', to: '5' });
    expect(planned.refresh).toMatchObject({ from: '5', replacement: 'no', changes: [] });
  });
});
