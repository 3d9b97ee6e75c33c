import { describe, expect, test } from 'vitest';
import { planAccessVariable } from '../../../../scripts/config/names.ts';
import { retireLines } from '../../../../scripts/tenant/retire/retire-lines.ts';
import {
  finalSnapshot,
  planRetire,
  type RetirePolicy,
  type RetireStanding,
} from '../../../../scripts/tenant/retire/retire-plan.ts';
import { ownVariables } from '../../../../scripts/tenant/retire/retire-project.ts';
import { environmentConfig } from '../../../builders/sample.ts';

const place = { environment: 'dev', tenant: 'shop' } as const;
const empty: RetireStanding = {
  ...{
    place,
    traffic: { requests: 0 },
    stacks: {},
    rules: [],
    builds: [],
    executions: [],
    database: undefined,
    data: [],
  },
  ...{ groups: [], files: undefined, priorities: [], hosts: [], images: [], usedImages: [], objects: [] },
  ...{ hasRecord: false, projects: [] },
};
const whole: RetireStanding = {
  ...empty,
  stacks: { access: 'CREATE_COMPLETE', data: 'CREATE_COMPLETE', entry: 'UPDATE_COMPLETE', host: 'CREATE_COMPLETE' },
  rules: [{ arn: 'rule-1', hosts: ['shop.dev.example.com'] }],
  builds: ['vendhost-dev-shop-intake:b-1'],
  executions: ['e-1'],
  database: { name: 'vendhost-dev-shop', resourceId: 'db-ABC1', status: 'available', snapshot: undefined },
  data: [{ what: 'secret', name: 'vendhost/dev/shop/database' }],
  groups: ['sg-1'],
  files: 'vendhost-dev-shop-1-eu-west-1',
  priorities: [{ listener: 'l1', numbers: [3] }],
  hosts: ['shop.dev.example.com'],
  images: ['image ami-1', 'snapshot snap-1'],
  usedImages: ['image ami-2: image ami-9 uses it'],
  objects: [
    { prefix: 'software/shop/', count: 2, of: 'revisions' },
    { prefix: 'infrastructure/shop/host/', count: 1, of: 'claims' },
    { prefix: 'infrastructure/shop/', count: 4, of: 'images' },
  ],
  hasRecord: true,
  projects: [
    {
      path: 'acme/shop',
      pipelines: [7],
      schedules: [4],
      webhook: { project: 'acme/shop', hooks: [8], deployTokens: [9] },
      variables: [{ key: 'AWS_REGION', value: 'eu-west-1', scope: 'dev' }],
    },
  ],
};
const all: RetirePolicy = { deleteDatabase: true, deleteFiles: true, keepImages: false, keepRevisions: false };
const linesOf = (standing: RetireStanding, policy: RetirePolicy) => retireLines('dev', planRetire(standing, policy));

describe('the plan of a retirement', () => {
  test('first stops activity, then requests, then removes stacks from the top, claims, images, and last the roles', () => {
    expect(linesOf(whole, all)).toEqual([
      'dev',
      '  - webhook 8 and deploy token 9 of acme/shop, with which GitLab reported pushes',
      '  - pipeline schedule of drift checks of acme/shop: 4',
      '  - GitLab variables of acme/shop: AWS_REGION (dev)',
      '  - cancel what runs in acme/shop: pipeline 7',
      '  - stop its builds: vendhost-dev-shop-intake:b-1',
      '  - stop its releases: execution e-1',
      '  - listener rules of shop.dev.example.com: they answer 503 from then on',
      '  - stack vendhost-dev-shop-host',
      '  - take the final snapshot vendhost-dev-shop-final-abc1 of the database vendhost-dev-shop',
      '  - stack vendhost-dev-shop-data',
      '  - database vendhost-dev-shop; its final snapshot vendhost-dev-shop-final-abc1 stays',
      '  - secret vendhost/dev/shop/database',
      '  - security group sg-1 of the database',
      '  - stack vendhost-dev-shop-entry',
      '  - bucket vendhost-dev-shop-1-eu-west-1 with every object and version in it: there is no copy',
      '  - release the priorities 3 of the listener l1',
      '  - release the hosts shop.dev.example.com',
      '  - image ami-1, snapshot snap-1',
      '  - 2 objects below software/shop/',
      '  - 1 object below infrastructure/shop/host/',
      '  - 4 objects below infrastructure/shop/',
      '  - stack vendhost-dev-shop-access',
      '  - record /vendhost/dev/tenants/shop',
      '  = stays: image ami-2: image ami-9 uses it',
    ]);
  });

  test("keeps what the policy keeps, and shows its costs; the last pipeline's number is no image", () => {
    const policy = { deleteDatabase: false, deleteFiles: false, keepImages: true, keepRevisions: true };
    const lines = linesOf(whole, policy);
    expect(lines.filter((line) => /snapshot|database|bucket|image|below|security|revision/.test(line))).toEqual([
      '  - 1 object below infrastructure/shop/host/',
      '  = stays: database vendhost-dev-shop: costs as much as before; --delete-database deletes it after a final snapshot',
      '  = stays: secret vendhost/dev/shop/database: it goes with the database, with --delete-database',
      '  = stays: bucket vendhost-dev-shop-1-eu-west-1: costs what its files take; --delete-files deletes it with all of them',
      '  = stays: image ami-2: image ami-9 uses it',
      '  = stays: images and snapshots: 2',
      '  = stays: revisions and records of releases: 2',
    ]);
  });

  test.each([
    ['none', 'available', undefined, ['snapshot', 'database']],
    ['one that a killed run began', 'backing-up', 'creating', ['snapshot', 'database']],
    ['one', 'available', 'available', ['database']],
    ['one, and RDS deletes the database', 'deleting', 'available', ['database']],
  ])('takes no second snapshot: there is %s', (_there, status, snapshot, expected) => {
    const database = { name: 'vendhost-dev-shop', resourceId: 'db-ABC1', status, snapshot };
    expect(planRetire({ ...empty, database }, all).steps.map(({ kind }) => kind)).toEqual(expected);
  });

  test('says that nothing is left', () => {
    expect(linesOf(empty, all)).toEqual(['dev: nothing is left to remove']);
  });

  test('names the snapshot after the database, in a form that RDS accepts', () => {
    expect(finalSnapshot(place, 'db-3XYZ')).toMatch(/^[a-z](-?[a-z0-9])*$/);
    expect(finalSnapshot(place, 'db-3XYZ')).not.toBe(finalSnapshot(place, 'db-4XYZ'));
  });
});

describe('the variables that vending wrote', () => {
  const config = environmentConfig('dev', '100000000001') as Parameters<typeof ownVariables>[1];
  const arn = (role: string) => `arn:aws:iam::100000000001:role/vendhost-dev-shop-${role}`;
  const planAccess = { key: planAccessVariable(place), value: `eu-west-1 ${arn('plan')}`, scope: '*' };
  const region = { key: 'AWS_REGION', value: 'eu-west-1', scope: 'web/dev' };
  const deploy = { key: 'VENDHOST_ROLE_ARN', value: arn('deploy'), scope: 'web/dev' };

  test('are found by their values, whatever scope they have, the region first; those of others stay', () => {
    const others = [
      { key: 'AWS_REGION', value: 'eu-west-1', scope: 'staging' },
      { key: 'VENDHOST_ROLE_ARN', value: arn('deploy').replace('shop', 'blog'), scope: 'blog/dev' },
      { key: 'VENDHOST_PLAN_ROLE_ARN', value: 'somebody else wrote this', scope: 'web/dev' },
      { key: 'DATABASE_URL', value: arn('deploy'), scope: 'web/dev' },
    ];
    expect(ownVariables(place, config, [deploy, planAccess, ...others, region])).toEqual([region, deploy, planAccess]);
  });

  test('are those of the roles of halves, too, in each of two projects', () => {
    const half = (role: string) => ({ ...deploy, value: arn(role) });
    expect(ownVariables(place, config, [half('infrastructure-deploy'), region])).toEqual([
      region,
      half('infrastructure-deploy'),
    ]);
    expect(ownVariables(place, config, [half('software-deploy')])).toEqual([half('software-deploy')]);
    const step = { schedules: [], pipelines: [], variables: [region] };
    const projects = ['acme/machine', 'acme/shop'].map((path) => ({ path, ...step }));
    expect(planRetire({ ...whole, projects }, all).steps.filter(({ kind }) => kind === 'variables')).toEqual([
      { kind: 'variables', path: 'acme/machine', variables: [region] },
      { kind: 'variables', path: 'acme/shop', variables: [region] },
    ]);
  });

  test('after a kill between two of them, the rest is found', () => {
    expect(ownVariables(place, config, [deploy, planAccess])).toEqual([deploy, planAccess]);
    expect(ownVariables(place, config, [planAccess])).toEqual([planAccess]);
  });
});
