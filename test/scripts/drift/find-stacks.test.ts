import type { Stack } from '@aws-sdk/client-cloudformation';
import { describe, expect, test } from 'vitest';
import type { DriftContext } from '../../../scripts/drift/checks.ts';
import { absentStacks, stacksOfPlace } from '../../../scripts/drift/stacks/find-stacks.ts';
import { environmentConfig } from '../../builders/sample.ts';

const config = environmentConfig('dev', '100000000001');
const context = (changes: Partial<DriftContext> = {}): DriftContext =>
  ({
    environment: 'dev',
    tenant: undefined,
    platform: {
      directory: '/',
      config: { environments: { dev: config, staging: config } },
      target: { environment: 'dev', config: { ...config, load_balancers: 2 } },
    },
    ...changes,
  }) as unknown as DriftContext;
const stack = (StackName: string, tags: Record<string, string>, others: Partial<Stack> = {}): Stack => ({
  StackName,
  StackId: `arn:${StackName}`,
  CreationTime: undefined,
  StackStatus: 'CREATE_COMPLETE',
  Tags: Object.entries(tags).map(([name, Value]) => ({ Key: `vendhost:${name}`, Value })),
  ...others,
});
const chosen = (all: Stack[], given = context()) => stacksOfPlace(all, given).map(({ name }) => name);

describe('the stacks of an environment', () => {
  const network = stack('vendhost-dev-network', { environment: 'dev', layer: 'network' });
  const host = stack('vendhost-dev-shop-host', { environment: 'dev', tenant: 'shop', layer: 'host' });
  const others = [
    stack('vendhost-staging-network', { environment: 'staging', layer: 'network' }),
    stack('vendhost-dev-of-somebody', {}),
  ];

  test('are those with its tag, whatever their names are', () => {
    expect(chosen([network, host, ...others])).toEqual(['vendhost-dev-network', 'vendhost-dev-shop-host']);
  });

  test('that hold data are to be protected', () => {
    const layers = (environment: string, others: Partial<Stack> = {}) =>
      ['data', 'storage', 'host'].map((layer) => stack(`${layer}`, { environment, layer, tenant: 'shop' }, others));
    const unprotected = (all: Stack[], given = context()) =>
      stacksOfPlace(all, given).flatMap(({ name, isUnprotected }) => (isUnprotected ? name : []));
    expect(unprotected(layers('dev'))).toEqual(['data']);
    expect(unprotected(layers('production'), context({ environment: 'production' }))).toEqual(['data', 'storage']);
    expect(unprotected(layers('dev', { EnableTerminationProtection: true }))).toEqual([]);
  });

  test('of a tenant are those with its tag too', () => {
    expect(chosen([network, host, ...others], context({ tenant: 'shop' }))).toEqual(['vendhost-dev-shop-host']);
  });

  test('have what is nested in them, however deep, with the tags of the root', () => {
    const nested = stack('nested', {}, { RootId: host.StackId, ParentId: host.StackId });
    const deep = stack('deep', {}, { RootId: host.StackId, ParentId: nested.StackId });
    const foreign = stack('foreign', {}, { RootId: 'arn:other', ParentId: 'arn:other' });
    expect(stacksOfPlace([host, nested, deep, foreign], context())).toMatchObject([
      { name: 'deep', root: host.StackId, tenant: 'shop', layer: 'host' },
      { name: 'nested', root: host.StackId, tenant: 'shop', layer: 'host' },
      { name: 'vendhost-dev-shop-host', root: undefined },
    ]);
  });

  test("have the account's stack of GitLab once, with the first environment there", () => {
    const gitlab = stack('vendhost-gitlab', { layer: 'gitlab' });
    expect(chosen([gitlab])).toEqual(['vendhost-gitlab']);
    expect(chosen([gitlab], context({ environment: 'staging' }))).toEqual([]);
    expect(chosen([gitlab], context({ tenant: 'shop' }))).toEqual([]);
    expect(chosen([gitlab], context({ platform: undefined }))).toEqual([]);
  });

  test('say whether they have secret parameters', () => {
    const parameters = (ParameterValue: string) => ({ Parameters: [{ ParameterKey: 'Key', ParameterValue }] });
    const [open] = stacksOfPlace([{ ...network, ...parameters('3 * 2') }], context());
    const [secret] = stacksOfPlace([{ ...network, ...parameters('****') }], context());
    expect([open?.hasSecrets, secret?.hasSecrets]).toEqual([false, true]);
  });
});

describe('the webhook', () => {
  const webhook = stack('vendhost-webhook', { layer: 'webhook' });
  const with_ = (environments: object, changes: Partial<DriftContext> = {}) =>
    context({ platform: { config: { environments, webhook: {} }, target: { config } } as never, ...changes });

  test('is looked at by the first environment of its account and region', () => {
    expect(chosen([webhook], with_({ dev: config, staging: config }))).toEqual(['vendhost-webhook']);
    expect(chosen([webhook], with_({ dev: config, staging: config }, { environment: 'staging' }))).toEqual([]);
    const elsewhere = with_(
      { dev: { ...config, region: 'eu-central-1' }, staging: config },
      { environment: 'staging' },
    );
    expect(chosen([webhook], elsewhere)).toEqual(['vendhost-webhook']);
    expect(chosen([webhook], with_({ dev: config }, { tenant: 'shop' }))).toEqual([]);
  });

  test('is missing where platform.yml has it', () => {
    expect(absentStacks([], with_({ dev: config }))).toContain('vendhost-webhook');
    expect(absentStacks([], with_({ dev: config }, { tenant: 'shop' }))).not.toContain('vendhost-webhook');
    expect(absentStacks(stacksOfPlace([webhook], with_({ dev: config })), with_({ dev: config }))).not.toContain(
      'vendhost-webhook',
    );
  });
});

describe('what is missing', () => {
  const found = (...layers: string[]) =>
    stacksOfPlace(
      layers.map((layer) => stack(`vendhost-dev-shop-${layer}`, { environment: 'dev', tenant: 'shop', layer })),
      context(),
    );

  test('is what platform.yml asks for', () => {
    expect(absentStacks([], context())).toEqual([
      'vendhost-dev-access',
      'vendhost-dev-balancer',
      'vendhost-dev-balancer-2',
      'vendhost-dev-network',
      'vendhost-dev-policies',
      'vendhost-dev-storage',
    ]);
  });

  test.each([
    [['access', 'entry'], []],
    [['access'], ['vendhost-dev-shop-entry']],
    [['access', 'entry', 'data'], ['vendhost-dev-shop-host']],
    [['host'], ['vendhost-dev-shop-access', 'vendhost-dev-shop-entry']],
  ])('of a tenant that has %j is %j', (layers, absent) => {
    expect(absentStacks(found(...layers), context({ tenant: 'shop' }))).toEqual(absent);
  });
});
