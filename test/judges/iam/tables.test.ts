import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Case } from './cases.ts';
import { judge, readExceptions } from './exceptions.ts';
import { ask } from './run.ts';
import { Simulator } from './simulate.ts';
import { attacks, legitimate } from './tables.ts';
import { makeWorld } from './world.ts';

/** `npm run check:cloud` asks about all; here about some of each kind. */
const oneIn = 16;
let simulator: Simulator;
beforeAll(() => {
  simulator = new Simulator(makeWorld());
});

test.each([
  ['attacks', attacks, 300, 'denied'],
  ['legitimate', legitimate, 180, 'allowed'],
] as const)('the table of %s is long, and each case is named once and explained', (_what, table, least, expected) => {
  const cases: Case[] = table();
  expect(cases.length).toBeGreaterThanOrEqual(least);
  expect(
    cases.filter((each) => each.expected !== expected || each.because.length < 10 || each.steps.length === 0),
  ).toEqual([]);
});

test('some of each come out as they should', async () => {
  const some = [...attacks(), ...legitimate()].filter((_, index) => index % oneIn === 0);
  const [open = [], undecided = []] = await Promise.all(
    ['known-open.yml', 'undecided.yml'].map((file) => readExceptions(join(import.meta.dirname, file))),
  );
  expect(judge(await ask(simulator, some), { open, undecided }).faults).toEqual([]);
});

test('a right too much would be found', async () => {
  const world = makeWorld();
  const deploy = world.roles.get('vendhost-dev-shop-deploy');
  if (deploy === undefined) throw new Error('there is no deploy role');
  const wide = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'ec2:*', Resource: '*' }] };
  const policies = { ...deploy.policies, wide };
  const roles = new Map(world.roles).set(deploy.name, { ...deploy, policies });
  const own = attacks().filter(({ name }) => name.includes('starts an instance'));
  const { faults } = judge(await ask(new Simulator({ ...world, roles }), own), { open: [], undecided: [] });
  expect(faults.length).toBeGreaterThan(5);
});
