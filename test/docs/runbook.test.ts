import { describe, expect, test } from 'vitest';
import { codeRows, codesIn, codesOfScripts, runbook } from './error-codes.ts';

/** Codes whose hint says all there is to do: how a command is called, and what it needs around it. */
const explainedByTheirHint = [
  'CANCELLED',
  'CONFIG_UNREADABLE',
  'CONFIRMATION_MISSING',
  'CONFIRMATION_WRONG',
  'DIRECTORY_MISSING',
  'DOTENV_UNWRITABLE',
  'ENVIRONMENT_UNKNOWN',
  'FILES_EXIST',
  'FILES_UNWRITABLE',
  'LOCAL_CLOUD_MISSING',
  'NOT_IN_A_JOB',
  'USAGE',
];

const { codes, unknown } = codesOfScripts();
const rows = codeRows(runbook());

describe('the runbook', () => {
  test('has a row for every code, except those whose hint says all', () => {
    const documented = [...rows.flatMap((row) => row.codes), ...explainedByTheirHint];
    expect(documented.toSorted()).toEqual(codes);
  });

  test('finds every code: each error is given one as a text', () => {
    expect(unknown).toEqual([]);
  });

  test('says in each row what the code means and what somebody does', () => {
    const short = rows.filter(({ cells: [, meaning = '', ...actions] }) => meaning === '' || actions.join('') === '');
    expect(short).toEqual([]);
  });
});

describe('codes are found', () => {
  test.each([
    ["throw new VendhostError('A_B', 'x', { hint })", ['A_B']],
    ["new VendhostError(\n  'A_B',\n  `x`,\n)", ['A_B']],
    ["if (faults.length > 0) throw combined(ends.faults, 'A_B', 'x')", ['A_B']],
    ["401: { code: 'A_B', hint: 'x' }", ['A_B']],
    ["super('A', `x`)", ['A']],
    ["new VendhostError(known?.code ?? 'GITLAB_REFUSED', `x`)", ['GITLAB_REFUSED']],
    ["if (error.code === 'A_B') return", []],
  ])('%j', (source, expected) => {
    expect(codesIn(source)).toEqual({ codes: expected, unknown: [] });
  });

  test('one that is made of parts is noticed', () => {
    expect(codesIn('new VendhostError(`${noun}_MISSING`, "x")').unknown).toEqual(['`${noun}_MISSING`']);
  });
});
