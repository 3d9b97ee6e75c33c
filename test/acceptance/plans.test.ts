import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { estimateLines, hourlyCosts } from './estimate.ts';
import { notOurs } from './gitlab-project.ts';
import { kitReport, type Part } from './kit-report.ts';
import { type Remains, removalPlan, stacksOfDev } from './remains.ts';
import { platformFiles, readSettings, tenantPipeline } from './settings.ts';

const none: Remains = { stacks: [], data: [], dataGroups: [], images: [], snapshots: [], buckets: [], key: undefined };

describe('what is removed', () => {
  test('goes in the order in which it is possible', () => {
    const stacks = [
      'vendhost-dev-network',
      ...['access', 'data', 'entry', 'host'].map((name) => `vendhost-dev-shop-${name}`),
    ];
    const data = [{ what: 'database', name: 'vendhost-dev-shop' }];
    const others = { dataGroups: ['sg-1'], images: ['ami-1'], snapshots: ['snap-1'], buckets: ['files'] };
    expect(removalPlan({ stacks, data, ...others, key: 'arn:key' })).toEqual([
      ...['host', 'data', 'entry', 'access'].map((layer) => ({ kind: 'stack', name: `vendhost-dev-shop-${layer}` })),
      { kind: 'data', what: 'database', name: 'vendhost-dev-shop' },
      { kind: 'security group', name: 'sg-1' },
      { kind: 'bucket', name: 'files' },
      { kind: 'image', name: 'ami-1' },
      { kind: 'snapshot', name: 'snap-1' },
      { kind: 'platform', name: 'dev' },
      { kind: 'key', name: 'arn:key' },
    ]);
    expect(removalPlan(none)).toEqual([]);
  });

  test('is of dev, and the provider', () => {
    const others = ['vendhost-staging-network', 'vendhost-development', 'website'];
    expect(stacksOfDev(['vendhost-gitlab', 'vendhost-dev-network', ...others])).toEqual([
      'vendhost-dev-network',
      'vendhost-gitlab',
    ]);
  });
});

test('a project is pushed to only when it is empty or of a former run', () => {
  expect(notOurs([])).toBeUndefined();
  expect(notOurs(['refs/heads/dev', 'refs/tags/vendhost-acceptance'])).toBeUndefined();
  expect(notOurs(['refs/heads/main'])).toContain('refs/heads/main');
});

test('the estimate names what is charged by the hour, with two instances of the shop', () => {
  const costs = hourlyCosts();
  expect(costs.map(({ what, count }) => [what, count])).toEqual([
    ['NAT gateway', 1],
    ['public IPv4 address', 4],
    ['load balancer', 1],
    ['KMS key', 1],
    ['instance t3.small', 2],
    ['GiB of a volume, gp3', 32],
    ['database db.t3.micro', 1],
    ['GiB of a database, gp3', 20],
    ['secret', 1],
    ['alarm', 5],
  ]);
  const sum = costs.reduce((total, { anHour }) => total + anHour, 0);
  // 64.88 and 32.07 of docs/costs.md, and another instance with its volume: 15.18 and 1.28.
  expect(sum * 730).toBeCloseTo(113.41, 2);
  expect(estimateLines(costs, 3).join('\n')).toMatch(/list prices of us-east-1 as they stood in 20\d\d/);
  expect(estimateLines(costs, 3).join('\n')).toMatch(
    /sum +\$0\.1554 an hour: \$0\.47 for 3 hours, \$3\.73 for each day/,
  );
});

describe('the report', () => {
  const passed: Part = { id: 'vend', title: 'Vended', held: ['it says so'], seconds: 3 };
  const failed: Part = { id: 'first', title: 'First push', held: ['an image'], seconds: 9, failure: 'no answer' };
  const missed: Part = { id: 'second', title: 'Second push', held: [] };

  test('is clean only when all parts passed and nothing is left', () => {
    const report = kitReport({ parts: [passed], notRemoved: [], facts: {} });
    expect(report.summary).toBe('all 1 parts passed, and everything was removed');
    expect(report.sections.map(({ state }) => state)).toEqual(['clean', 'clean']);
  });

  test('has a failure as a fault, what was not reached as unknown, and what is left by name', () => {
    const notRemoved = [{ what: 'bucket files', why: 'AccessDenied' }];
    const report = kitReport({ parts: [passed, failed, missed], notRemoved, facts: {} });
    expect(report.summary).toBe('First push failed; things left in the account: 1');
    expect(report.sections.map(({ state }) => state)).toEqual(['clean', 'found', 'unknown', 'found']);
    expect(report.sections.flatMap(({ findings }) => findings.map(({ title }) => title))).toEqual([
      'no answer',
      'bucket files is left',
    ]);
    expect(kitReport({ parts: [passed], facts: {} }).sections.at(-1)?.state).toBe('unknown');
  });
});

describe('the settings', () => {
  const given = {
    ACCOUNT: '123456789012',
    REGION: 'eu-west-1',
    DOMAIN: 'accept.example.com',
    CERTIFICATE: 'arn:aws:acm:eu-west-1:123456789012:certificate/1',
    GITLAB: 'https://gitlab.example.com',
    PROJECT: 'acme/shop',
  };
  const env = Object.fromEntries(Object.entries(given).map(([key, value]) => [`VENDHOST_ACCEPTANCE_${key}`, value]));

  test('come from variables too, and make the repositories', async () => {
    const settings = await readSettings('/nowhere/acceptance.yml', { ...env, VENDHOST_ACCEPTANCE_REF: 'v9.9.9' });
    expect(settings.limits_minutes).toEqual({ command: 60, pipeline: 90, removal: 45 });
    expect(platformFiles(settings)['tenants/shop.yml']).toContain('shop.accept.example.com');
    expect(tenantPipeline(settings)).toContain('ref: v9.9.9');
    expect(tenantPipeline(settings)).toContain('image: $CI_REGISTRY/platform/vendhost');
  });

  test('of a file that is no YAML, or no table of keys, are refused by its name', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'vendhost-settings-')), 'acceptance.yml');
    for (const [text, fault] of [
      ['account: "123', 'not YAML'],
      ['- account', 'acceptance.yml'],
      ['account', 'acceptance.yml'],
    ] as const) {
      await writeFile(file, text);
      await expect(readSettings(file, env)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        details: [expect.stringContaining(fault)],
      });
    }
  });

  test('are refused with every fault', async () => {
    const wrong = { ...env, VENDHOST_ACCEPTANCE_ACCOUNT: '1', VENDHOST_ACCEPTANCE_PROJECT: '' };
    await expect(readSettings('/nowhere/acceptance.yml', wrong)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: [expect.stringContaining('account'), expect.stringContaining('project')],
    });
  });
});
