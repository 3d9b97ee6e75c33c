import { describe, expect, test } from 'vitest';
import { chosen, faultOptions } from './arguments.ts';
import { subjects } from './commands/subjects.ts';
import type { PathRow } from './fault-paths.ts';
import type { KilledRow } from './kill-points.ts';
import { isKillPassed, isPathPassed, killedLine, pathLine } from './table.ts';

const nothing = { doubled: [], left: [], missing: [] };

function killed(changes: Partial<KilledRow['killed']> = {}): KilledRow {
  const point = { when: 'after', call: 2, death: 'KILL' } as const;
  const ended = { call: 'CreateStack', end: 'SIGKILL', again: 0, error: undefined, seconds: 3.2, directory: '/x' };
  return { command: 'tenant vend', killed: { point, ...ended, ...nothing, ...changes } };
}

describe('the row of a kill point', () => {
  test('passes when the command ended with 0 and the world is as it should be', () => {
    expect(killedLine(killed())).toBe('| tenant vend | KILL | after 2: CreateStack | SIGKILL | 0 | 3 | – | – | – |');
    expect(isKillPassed(killed())).toBe(true);
  });

  test.each<[Partial<KilledRow['killed']>, string]>([
    [{ call: undefined }, '| after 2: never came |'],
    [{ again: 1, error: 'bug' }, '| 1 bug |'],
    [{ again: 'limit' }, '| limit |'],
    [{ doubled: ['image: 2 for 1'] }, '| image: 2 for 1 |'],
    [{ left: ['1 key pair', '1 lease'] }, '| 1 key pair; 1 lease |'],
    [{ missing: ['rule 1: 0 for 1'] }, '| rule 1: 0 for 1 |'],
  ])('fails for %j', (changes, text) => {
    expect(killedLine(killed(changes))).toContain(text);
    expect(isKillPassed(killed(changes))).toBe(false);
  });
});

function path(changes: Partial<PathRow> = {}): PathRow {
  const tried = (command: string, errors: string[] = []) => ({
    ...{ command, errors, tries: errors.length + 1, end: 0, seconds: 10 },
  });
  const commands = [tried('bake', ['AWS_BUSY']), tried('provision'), tried('push'), tried('release')];
  return { number: 3, commands, faults: 120, directory: '/x', ...nothing, ...changes };
}

describe('the row of a path', () => {
  test('has the tries of each command, and what the others ended with', () => {
    expect(pathLine(path())).toBe('| 3 | 2 (AWS_BUSY) | 1 | 1 | 1 | 120 | 40 | – | – | – |');
    expect(isPathPassed(path())).toBe(true);
  });

  test('fails when a command never ended with 0, called a fault a bug, or left something', () => {
    const { commands } = path();
    const [bake] = commands;
    expect(isPathPassed(path({ commands: commands.slice(0, 3) }))).toBe(false);
    expect(pathLine(path({ commands: commands.slice(0, 3) }))).toContain('| not reached |');
    const called = bake === undefined ? [] : [{ ...bake, errors: ['bug'] }, ...commands.slice(1)];
    expect(isPathPassed(path({ commands: called }))).toBe(false);
    expect(isPathPassed(path({ left: ['1 key pair'] }))).toBe(false);
  });
});

describe('the options', () => {
  const options = (...words: string[]) => faultOptions(words, () => undefined);

  test('have defaults; numbers are whole numbers', () => {
    expect(options()).toEqual({ only: '', points: 60, paths: 10, seed: 'vendhost', minutes: 180, json: false });
    expect(options('--points', '7', '--json')).toMatchObject({ points: 7, json: true });
    expect(() => options('--points', 'many')).toThrow('--points "many" is not a whole number');
    expect(() => options('--pionts', '7')).toThrow('--pionts');
  });

  test('name commands by their beginning', () => {
    expect(chosen(subjects, 'tenant vend').map(({ name }) => name)).toEqual([
      'tenant vend, new',
      'tenant vend, changed',
    ]);
    expect(chosen(subjects, 'paths')).toEqual([]);
    expect(() => chosen(subjects, 'tenant vent')).toThrow('--only "tenant vent" is none of: mr note, new;');
  });
});
