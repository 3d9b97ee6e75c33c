import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { duration, Output, type OutputOptions } from '../../scripts/output.ts';
import { repository } from '../builders/repository.ts';

function output(options: Partial<OutputOptions> = {}) {
  const printed = { stdout: '', stderr: '' };
  const out = new Output({
    stdout: (text) => {
      printed.stdout += text;
    },
    stderr: (text) => {
      printed.stderr += text;
    },
    ...options,
  });
  return { out, printed };
}

describe('Output', () => {
  test('progress goes to stderr, the result to stdout', () => {
    const { out, printed } = output();
    out.step('one');
    out.detail('two\nthree');
    out.warn('four');
    out.result({ imageId: 'ami-1' }, 'baked ami-1');
    expect(printed).toEqual({ stdout: 'baked ami-1\n', stderr: 'one\n  two\n  three\nwarning: four\n' });
  });

  test('a result is JSON when asked for', () => {
    const { out, printed } = output({ json: true });
    out.result({ imageId: 'ami-1', hosts: ['a'] }, 'baked ami-1');
    expect(JSON.parse(printed.stdout)).toEqual({ imageId: 'ami-1', hosts: ['a'] });
  });

  test('a dotenv file holds what fits into one', async () => {
    const dotenv = join(await repository({}), 'result.env');
    const { out, printed } = output({ dotenv });
    const value = {
      imageId: 'ami-1',
      baked: true,
      bytes: 7,
      hosts: ['a'],
      none: undefined,
      text: 'two\nlines',
      loadBalancerDns: 'x',
    };
    out.result(value, 'text');
    expect(printed.stdout).toBe('text\n');
    expect(await readFile(dotenv, 'utf8')).toBe(
      'VENDHOST_IMAGE_ID=ami-1\nVENDHOST_BAKED=true\nVENDHOST_BYTES=7\nVENDHOST_LOAD_BALANCER_DNS=x\n',
    );
  });

  test('a dotenv file that cannot be written is named', () => {
    const { out } = output({ dotenv: '/nowhere/result.env' });
    expect(() => out.result({}, '')).toThrow(
      expect.objectContaining({
        code: 'DOTENV_UNWRITABLE',
        message: 'cannot write the dotenv file /nowhere/result.env',
      }),
    );
  });

  test('secrets are masked wherever they appear, the longest first, over lines too', () => {
    const { out, printed } = output();
    for (const secret of ['hunter2', 'hunter22', 'two\nlines', 'short']) out.redact(secret);
    out.step('hunter22, hunter2');
    out.detail('a two\nlines b');
    out.result({}, 'hunter2 is short');
    expect(printed).toEqual({
      stdout: '[masked] is short\n',
      stderr: '[masked], [masked]\n  a [masked] b\n',
    });
  });

  test('sections fold in a GitLab job log, and end when their work fails', async () => {
    const { out, printed } = output({ sections: true, now: () => 12_345_678 });
    await expect(
      out.section('bake', 'Baking', async () => {
        out.step('inside');
        throw new Error('broken');
      }),
    ).rejects.toThrow('broken');
    expect(printed.stderr).toBe(
      '\u001b[0Ksection_start:12345:bake\r\u001b[0KBaking\ninside\n\u001b[0Ksection_end:12345:bake\r\u001b[0K\n',
    );
  });

  test('elsewhere a section is its title', async () => {
    const { out, printed } = output();
    expect(await out.section('bake', 'Baking', async () => 'answer')).toBe('answer');
    expect(printed.stderr).toBe('Baking\n');
  });
});

test.each([
  [-10, '0 s'],
  [40, '0 s'],
  [1240, '1.2 s'],
  [2000, '2 s'],
  [9949, '9.9 s'],
  [9950, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min'],
  [90_000, '1 min 30 s'],
])('duration(%i) is %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
