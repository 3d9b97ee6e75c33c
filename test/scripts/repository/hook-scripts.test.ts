import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkHookScript } from '../../../scripts/repository/hook-scripts.ts';
import { repository } from '../../builders/repository.ts';
import { casesOf } from './appspec/agent-cases.ts';

/** The line that is warned of, if any. */
async function warnedLine(script: string): Promise<number | undefined> {
  const directory = await repository({ 'a.sh': script });
  const findings = await checkHookScript(join(directory, 'a.sh'), 'a.sh');
  return findings.find(({ message }) => message.includes('keeps the output open'))?.line;
}

const bash = (...lines: string[]) => ['#!/usr/bin/env bash', ...lines, ''].join('\n');

test.each([
  ['sleep 600 &'],
  ['nohup java -jar app.jar &'],
  ['setsid app &  # for good'],
  ['app > /var/log/app.log &'],
  ['app 2> /dev/null &'],
  ['(sleep 5; app) &'],
  ['cd /srv/app && ./app &'],
  ['app \\\n  --port 80 &'],
])('%s is warned of', async (line) => {
  expect(await warnedLine(bash('echo start', line))).toBe(2 + line.split('\n').length);
});

test.each([
  ['app > /var/log/app.log 2>&1 &'],
  ['app &> /dev/null &'],
  ['app >> log 2>> errors &'],
  ['app >& log &'],
  ['(sleep 5; app) > /dev/null 2>&1 &'],
  ['exec > /dev/null 2>&1\napp &'],
  ['app &\nwait'],
  ['a && b'],
  ['a &&\n  b'],
  ['curl "http://x/?a=1&b=2"'],
  ['# app &'],
  ['start-stop-daemon --start --background --exec /usr/bin/app'],
])('%s is not', async (line) => {
  expect(await warnedLine(bash('echo start', line))).toBeUndefined();
});

test('a program, and a script for something else than a shell, are not read', async () => {
  expect(await warnedLine('#!/usr/bin/env python3\nx = a &\n')).toBeUndefined();
  expect(await warnedLine('\u007fELF\0\nx &\n')).toBeUndefined();
});

describe('scripts that kept an output open in the real agent', async () => {
  const cases = (await casesOf('running.yml')).filter(({ name }) => /keeps std|a child with|closes stdout/.test(name));
  test.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, { tree, agent }) => {
    const isOpen = (await warnedLine(tree['a.sh'] ?? '')) !== undefined;
    // One of them ends before the time-out, which no text shows.
    if (agent.run?.code === 6) expect(isOpen).toBe(true);
    else expect(isOpen).toBe(agent.run?.seconds === 1);
  });
});
