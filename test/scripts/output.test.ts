import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { duration, Output, type OutputOptions } from '../../scripts/output.ts';
import { repository } from '../builders/repository.ts';
import { shownAt } from '../builders/shown.ts';

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

  test('what comes last is not lost in a job that prints more than a runner keeps of its log', () => {
    const { out, printed } = output({ sections: true });
    for (let line = 0; line < 100_000; line += 1) out.detail(`${line}`.padStart(60, 'é'));
    out.error('error[BAKE_FAILED]: install.sh failed');
    expect(Buffer.byteLength(printed.stderr)).toBeLessThan(4 * 1024 ** 2);
    expect(printed.stderr).toMatch(
      /\n {2}é+\d+\nwarning: the log is nearly full: .*\nerror\[BAKE_FAILED\]: install.sh failed\n$/,
    );
  });

  test('a terminal has room for everything', () => {
    const { out, printed } = output();
    for (let line = 0; line < 70_000; line += 1) out.detail('x'.repeat(60));
    expect(printed.stderr.match(/\n/g)?.length).toBe(70_000);
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

  test('a secret of several lines is masked on one line and line by line', () => {
    const { out, printed } = output();
    out.redact('first-line\nsecond-line\r\n');
    out.step('first-line second-line');
    out.detail('second-line');
    expect(printed.stderr).toBe('[masked] [masked]\n  [masked]\n');
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

describe('at a terminal', () => {
  test('work has a line while it goes on, and its lines are for a job log', () => {
    let now = 0;
    const { out, shown } = shownAt(() => now);
    out.doing('a-stack', { done: 1, waitingFor: 'a \u001b[31mqueue' }, ['a-stack: created Queue A']);
    expect(shown).toEqual({ lines: { 'a-stack': { done: 1, waitingFor: 'a queue' } }, printed: '' });
    now = 63_000;
    out.done('a-stack', 'a-stack: created');
    out.done('a-stack', 'a-stack: created');
    expect(shown).toEqual({ lines: {}, printed: 'a-stack: created in 1 min 3 s\n' });
    const { out: log, printed } = output();
    log.doing('a-stack', { done: 1 }, ['a-stack: created Queue A']);
    log.done('a-stack', 'a-stack: created');
    expect(printed.stderr).toBe('  a-stack: created Queue A\n');
  });

  test('a section has a line too, and warnings and errors a colour', async () => {
    const { out, shown } = shownAt(() => 0);
    await out.section('host', 'the host', async () => expect(shown.lines).toEqual({ 'the host': {} }));
    out.warn('one');
    out.error('error[A]: two');
    out.error('hint: three');
    expect(shown).toEqual({
      lines: {},
      printed: 'the host\n<yellow>warning: one\n<red>error[A]: two\n<cyan>hint: three\n',
    });
  });

  test('a question is asked before what costs, and only yes is yes', async () => {
    const { out, asked } = shownAt(() => 0, ['y', 'YES ', '', 'n\u0007', undefined]);
    await out.confirm('deploy dev?');
    await out.confirm('deploy dev?');
    const refused = (answer: string) =>
      expect.objectContaining({ code: 'NOT_CONFIRMED', message: `"${answer}" is not yes: deploy dev?` });
    await expect(out.confirm('deploy dev?')).rejects.toEqual(refused(''));
    await expect(out.confirm('deploy dev?')).rejects.toEqual(refused('n'));
    // Nobody can type.
    await out.confirm('deploy dev?');
    expect(asked).toEqual(Array(5).fill('deploy dev? [y/N]'));
  });

  test('--yes answers, and a job is not asked', async () => {
    const { terminal, asked } = shownAt(() => 0, ['n']);
    await output({ terminal, yes: true }).out.confirm('deploy dev?');
    await output().out.confirm('deploy dev?');
    expect(asked).toEqual([]);
  });
});
