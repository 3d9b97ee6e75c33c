import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { scriptLine } from '../../../../scripts/repair/run/script.ts';

test.each([
  [['ls', '-l', '/a b']],
  [['', "it's", '"$HOME"', '`id`', '$(id); exit 1', 'two\nlines', '\\']],
  [['{{ssm:/vendhost/dev/bucket}}', '{{{', "'{{'", '}}']],
  [['-n', '*', '~', '#', '&&']],
])('a shell gives the command exactly these words, and Systems Manager finds no parameter in them: %j', (words) => {
  const script = scriptLine(['printf', '%s\\0', ...words]);
  expect(script).not.toContain('{{');
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0')).toEqual([...words, '']);
});
