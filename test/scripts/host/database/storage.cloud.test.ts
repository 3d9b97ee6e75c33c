import { DescribeDBInstancesCommand, ModifyDBInstanceCommand } from '@aws-sdk/client-rds';
import { beforeAll, expect, inject, test, vi } from 'vitest';
import { readStack } from '../../../../scripts/stack/stack-state.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makeImage } from '../../../builders/image.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { repository } from '../../../builders/repository.ts';
import { admitTenant } from '../../../builders/tenant.ts';
import { errorIn, vendhost } from '../../command-line.ts';
import { type Meddler, wire } from '../../wire.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const place = { tenant: 'vault', environment: 'dev' };
const id = { DBInstanceIdentifier: 'vendhost-dev-vault' };
let platform: Platform;
let image: string;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000571'), { network: true, balancers: 1 });
  await admitTenant(platform, place.tenant);
  image = await makeImage(platform, place.tenant);
});

async function provision(database: string, { dryRun = false, meddle }: { dryRun?: boolean; meddle?: Meddler } = {}) {
  const cwd = await repository({ 'vendhost.yml': `instances: { min: 0, max: 1 }\ndatabase: ${database}\n` });
  const words = ['host', 'provision', '--tenant', place.tenant, '--environment', 'dev', '--image', image];
  const endpoint = meddle === undefined ? {} : { AWS_ENDPOINT_URL: await wire(inject('localCloud').endpoint, meddle) };
  return await vendhost([...words, ...(dryRun ? ['--dry-run'] : [])], { cwd, env: { ...platform.env, ...endpoint } });
}

async function database() {
  const { DBInstances } = await (await platform.aws.rds()).send(new DescribeDBInstancesCommand(id));
  return DBInstances?.[0];
}

test('storage that RDS would refuse is refused before a stack is touched', async () => {
  expect(await provision('{}')).toMatchObject({ code: 0 });
  for (const dryRun of [true, false]) {
    const ended = await provision('{ storage_gib: 21 }', { dryRun });
    expect([ended.code, errorIn(ended)]).toEqual([1, 'CONFIG_INVALID']);
    expect(ended.stderr).toContain(
      'database.storage_gib: 21 is wrong: must be 20, what the database has, or at least 22',
    );
  }
  expect(await database()).toMatchObject({ AllocatedStorage: 20, MaxAllocatedStorage: 40 });
});

test('storage that RDS has raised stays when something else changes, and further growth is measured from it', async () => {
  await (await platform.aws.rds()).send(
    new ModifyDBInstanceCommand({ ...id, AllocatedStorage: 36, ApplyImmediately: true }),
  );
  const ended = await provision('{ class: db.t3.small }');
  expect(ended.stderr).toContain('database: class db.t3.micro → db.t3.small, at once, which restarts the database');
  expect(await database()).toMatchObject({ DBInstanceClass: 'db.t3.small', AllocatedStorage: 36 });
  const smaller = await provision('{ class: db.t3.small, storage_gib: 30 }');
  expect(smaller.stderr).toContain('must be 36, what the database has, to which RDS has raised it, or at least 40');
});

test('while RDS works on the last change, the next one waits', async () => {
  const busy: Meddler = async (call, next) => {
    const answer = await next();
    if (call.operation !== 'DescribeDBInstances') return answer;
    return { ...answer, headers: {}, body: String(answer.body).replace('>available<', '>storage-optimization<') };
  };
  const ended = await provision('{ class: db.t3.small, storage_gib: 50 }', { meddle: busy });
  expect([ended.code, errorIn(ended)]).toEqual([1, 'DATABASE_BUSY']);
  expect(await database()).toMatchObject({ AllocatedStorage: 36 });
});

test('in the maintenance window: the plan says so, and RDS keeps the change until then', async () => {
  const wanted = '{ class: db.t3.micro, storage_gib: 50, apply: window }';
  const planned = await provision(wanted, { dryRun: true });
  expect(planned.code).toBe(2);
  const when = 'in the maintenance window, Sunday 02:30 to 03:30 UTC';
  expect(planned.stdout).toContain(`database: class db.t3.small → db.t3.micro, ${when}, which restarts the database`);
  expect(await provision(wanted)).toMatchObject({ code: 0 });
  expect(await database()).toMatchObject({
    DBInstanceClass: 'db.t3.small',
    AllocatedStorage: 36,
    PendingModifiedValues: { DBInstanceClass: 'db.t3.micro', AllocatedStorage: 50 },
  });
  expect(await provision(wanted)).toMatchObject({ code: 0, stdout: expect.stringContaining('no change') });
});

test('rotation is switched on for an existing database: it stays, its secret changes, and the plan explains that', async () => {
  const before = await database();
  const rotated = '{ class: db.t3.small, storage_gib: 36, rotation: weekly }';
  const line = 'database: rotation of the password none → weekly, at once: the password changes';
  expect((await provision(rotated, { dryRun: true })).stdout).toContain(line);
  const ended = await provision(rotated);
  expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining(line)]);
  expect((await database())?.DbiResourceId).toBe(before?.DbiResourceId);
  const outputs = async (layer: string) =>
    (await readStack(platform.aws, `vendhost-dev-vault-${layer}`)) ?? fail(layer);
  const { DatabaseSecret } = (await outputs('data')).outputs;
  expect(DatabaseSecret).toMatch(/:secret:rds!db-/);
  expect((await outputs('host')).parameters.DatabaseSecret).toBe(DatabaseSecret);
});

function fail(layer: string): never {
  throw new Error(`no stack of ${layer}`);
}
