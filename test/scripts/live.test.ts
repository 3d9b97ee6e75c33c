import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { frame, Live, type Screen } from '../../scripts/live.ts';

/** A screen that keeps what is written to it. */
function screen({ colours = false } = {}) {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (bytes) => {
    text += bytes;
  });
  const made: Screen = Object.assign(stream, { columns: 60, rows: 20, isTTY: true, hasColors: () => colours });
  return { screen: made, text: () => text };
}

const { signal } = new AbortController();

describe('frame', () => {
  const lines = new Map([
    ['vendhost-dev-network', { done: 12, total: 34, waitingFor: 'EC2::NatGateway Nat1', since: 0 }],
    ['dev: network and storage', { since: 3_000 }],
    ['vendhost-dev-storage', { done: 2, since: 61_000 }],
  ]);

  test('has a line for each work, with how far it is, its time and what it waits for', () => {
    expect(frame(lines, 63_400, 100, false).split('\n')).toEqual(
      [
        '- vendhost-dev-network: 12 of 34, 1 min 3 s, waiting for EC2::NatGateway Nat1',
        '- dev: network and storage: 1 min',
        '- vendhost-dev-storage: 2 done, 2 s',
      ].map((line) => expect.stringMatching(new RegExp(`^[-\\\\|/]${line.slice(1)}$`))),
    );
  });

  test('is cut to the width of the terminal', () => {
    const [first = ''] = frame(lines, 63_400, 40, false).split('\n');
    expect(first.slice(1)).toBe(' vendhost-dev-network: 12 of 34, 1 mi…');
    expect(first).toHaveLength(39);
  });

  test('has colour where the terminal has some', () => {
    expect(frame(lines, 63_400, 100, true)).toContain('\u001b[36m');
  });
});

describe('Live', () => {
  test('draws what goes on below what is printed, and takes it away at the end', async () => {
    const { screen: stream, text } = screen();
    const live = new Live(stream, { signal, now: () => 0 });
    live.set('a-stack', { done: 1, total: 2 });
    await live.draw();
    expect(text()).toContain('a-stack: 1 of 2, 0 s\n');
    const before = text().length;
    live.print('a line\n');
    // Its own line is erased first.
    expect(text().slice(before)).toContain('a line\n');
    expect(text().slice(before).startsWith('a line')).toBe(false);
    const printed = text().length;
    await live.draw();
    expect(text().slice(printed)).toContain('a-stack: 1 of 2, 0 s\n');
    expect(live.end('a-stack')).toBe(0);
    expect(live.end('a-stack'), 'the second time').toBeUndefined();
    const after = text();
    await live.draw();
    expect(text()).toBe(after);
    expect(text()).not.toContain('[?25l');
  });

  test('asks one question after another, and no question without a keyboard', async () => {
    const { screen: stream, text } = screen();
    const keyboard = new PassThrough();
    const live = new Live(stream, { keyboard, signal });
    const answers = [live.ask('dev?'), live.ask('staging?')];
    await expect.poll(text).toBe('dev? ');
    keyboard.write('y\n');
    expect(await answers[0]).toBe('y');
    await expect.poll(text).toBe('dev? staging? ');
    keyboard.write('no\n');
    expect(await answers[1]).toBe('no');
    expect(await new Live(stream, { signal }).ask('dev?')).toBeUndefined();
  });

  test('the end of the input is no answer, a signal ends the question', async () => {
    const { screen: stream, text } = screen();
    const keyboard = new PassThrough();
    const answer = new Live(stream, { keyboard, signal }).ask('dev?');
    await expect.poll(text).toBe('dev? ');
    keyboard.end();
    expect(await answer).toBe('');
    const stopping = new AbortController();
    const question = new Live(stream, { keyboard: new PassThrough(), signal: stopping.signal }).ask('staging?');
    const ended = expect(question).rejects.toThrow('aborted');
    await expect.poll(text).toBe('dev? staging? ');
    stopping.abort();
    await ended;
  });
});
