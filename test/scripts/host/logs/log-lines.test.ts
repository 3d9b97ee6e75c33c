import { describe, expect, test } from 'vitest';
import { HookLines, shownLine, softwareLine } from '../../../../scripts/host/logs/log-lines.ts';
import { momentOf } from '../../../../scripts/host/logs/since.ts';

const at = Date.UTC(2026, 10, 27, 10, 0, 0, 123);
const hooks = (...texts: [string, string][]) => {
  const lines = new HookLines();
  return texts.map(([stream, text]) => {
    const said = text === '' ? 'not from the agent' : `[2026-11-27 10:00:00.123] [d-ABCDEF123]${text}`;
    const { instance, hook, deployment, text: shown } = lines.read({ id: '', at, stream, text: said });
    return [instance, hook, deployment, shown];
  });
};

describe('HookLines', () => {
  test('a line belongs to the event that started last on its instance', () => {
    const read = hooks(
      ['i-1', '[stdout]before the first that is known'],
      ['i-1', 'LifecycleEvent - AfterInstall'],
      ['i-2', 'LifecycleEvent - ApplicationStop'],
      ['i-1', '[stdout]LifecycleEvent - ApplicationStart'],
      ['i-2', '[stderr]stopped'],
      ['i-1', ''],
    );
    const id = 'd-ABCDEF123';
    expect(read).toEqual([
      ['i-1', '', id, '[stdout]before the first that is known'],
      ['i-1', 'AfterInstall', id, 'LifecycleEvent - AfterInstall'],
      ['i-2', 'ApplicationStop', id, 'LifecycleEvent - ApplicationStop'],
      ['i-1', 'AfterInstall', id, '[stdout]LifecycleEvent - ApplicationStart'],
      ['i-2', 'ApplicationStop', id, '[stderr]stopped'],
      ['i-1', '', '', 'not from the agent'],
    ]);
  });
});

test('lines show time, instance and where they are from; an entry of several lines is indented', () => {
  const line = softwareLine({ id: '', at, stream: 'i-0abc__var_log_shop_a.log', text: 'Error\n  at main\n' });
  expect(line).toMatchObject({ instance: 'i-0abc', file: 'var_log_shop_a.log' });
  expect(shownLine(line)).toBe('2026-11-27T10:00:00.123Z i-0abc var_log_shop_a.log Error\n      at main');
  const unknown = new HookLines().read({ id: '', at, stream: 'i-0abc', text: 'x' });
  expect(shownLine(unknown)).toBe('2026-11-27T10:00:00.123Z i-0abc hooks x');
});

test.each([
  ['90s', at - 90_000],
  ['30m', at - 1_800_000],
  ['2d', at - 172_800_000],
  ['2026-11-27', Date.UTC(2026, 10, 27)],
  ['2026-11-27T09:30Z', Date.UTC(2026, 10, 27, 9, 30)],
  ['2026-11-27 09:30:15.5', Date.UTC(2026, 10, 27, 9, 30, 15, 500)],
])('--since %s', (since, expected) => {
  expect(momentOf(since, at)).toBe(expected);
});

test('--since a moment that is yet to come is a mistake, such as one of another time zone', () => {
  expect(momentOf('2026-11-27T10:00:00', at)).toBe(at - 123);
  expect(() => momentOf('2026-11-27T10:00:01', at)).toThrow(
    '--since 2026-11-27T10:00:01 is wrong: must be in the past, and now is 2026-11-27T10:00:00.123Z',
  );
});

test.each(['2026-02-30', '2026-11-31T09:30Z', '2026-11-27T24:00', '10 minutes ago', '-5m', '1.5h', '9999999d', ''])(
  '--since %j is no moment',
  (since) => {
    expect(() => momentOf(since, at)).toThrow(`--since ${since} is wrong`);
  },
);
