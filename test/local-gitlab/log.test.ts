import { expect, test } from 'vitest';
import { readRunnerLine } from './log.ts';

const jobs = ['bake', 'bake twice', 'provision'];

test.each([
  ['bake       > hello', { kind: 'log', job: 'bake', text: 'hello' }],
  ['bake       >   indented', { kind: 'log', job: 'bake', text: '  indented' }],
  ['bake       >', { kind: 'log', job: 'bake', text: '' }],
  ['bake       $ vendhost image bake', { kind: 'log', job: 'bake', text: '$ vendhost image bake' }],
  ['bake twice > hello', { kind: 'log', job: 'bake twice', text: 'hello' }],
  ['bake       finished in 1.2 s', { kind: 'finished', job: 'bake', exitCode: 0, allowed: false }],
  ['bake       finished in 950 ms  FAIL 143 ', { kind: 'finished', job: 'bake', exitCode: 143, allowed: false }],
  ['provision  finished in 1.2 s  WARN 3 ', { kind: 'finished', job: 'provision', exitCode: 3, allowed: true }],
  ['provision  finished in 1.2 s  WARN 3  after_script', { kind: 'other' }],
  ['bake       starting shell (bake)', { kind: 'other' }],
  ['pipeline finished in 3 s', { kind: 'other' }],
  ['bakery > hello', { kind: 'other' }],
] as const)('%s', (line, read) => {
  expect(readRunnerLine(line, jobs)).toEqual(read);
});
