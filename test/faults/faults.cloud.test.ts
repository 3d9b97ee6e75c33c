import { expect, inject, test } from 'vitest';
import { differenceTo, readWorld, runCommand } from './command.ts';
import { driftCheck } from './commands/drift.ts';
import { imageClean } from './commands/image.ts';
import { mrNoteChanged } from './commands/merge-request.ts';
import { revisionPush } from './commands/release.ts';
import { disturbing } from './fault.ts';
import { runUndisturbed } from './kill.ts';
import { killPoints } from './kill-points.ts';
import { isKillPassed, killedLine } from './table.ts';
import { worlds } from './world.ts';

// A part of `npm run faults`: the same points and the same disturbed calls in every run.

test('a command that is killed and run again does what it should, once', async () => {
  const { rows, isWhole } = await killPoints(inject('localCloud'), {
    ...{ digits: '779', subjects: [mrNoteChanged, revisionPush, imageClean, driftCheck] },
    ...{ points: 7, seed: 'part', lanes: 2, deadline: Number.POSITIVE_INFINITY },
    say: () => undefined,
    onRow: () => undefined,
  });
  expect(rows).toHaveLength(8);
  expect(isWhole).toBe(true);
  expect(rows.filter((row) => !isKillPassed(row)).map(killedLine)).toEqual([]);
});

test('a command whose calls are disturbed does what it should, once', async () => {
  const newWorld = worlds(inject('localCloud'), '778');
  const calm = await newWorld();
  const { census } = await runUndisturbed(calm, await revisionPush.prepare(calm));
  const world = await newWorld();
  const prepared = await revisionPush.prepare(world);
  const faults: string[] = [];
  const meddler = disturbing('part/4', (fault, name) => faults.push(`${name}: ${fault}`));
  expect(await runCommand(world, prepared, 1, () => meddler)).toMatchObject({ end: 0, error: undefined });
  expect(faults).not.toEqual([]);
  expect(await differenceTo(census, world, prepared)).toEqual({ doubled: [], left: [], missing: [] });
  expect(await readWorld(world, prepared)).toEqual(census);
});
