import { beforeAll, describe, expect, inject, test } from 'vitest';
import { diagnostics } from '../../builders/deployment-outcome.ts';
import { Deployments } from '../../builders/deployments.ts';
import { script } from '../../builders/revision.ts';
import { type AgentCase, casesOf } from '../../scripts/repository/appspec/agent-cases.ts';

const { endpoint } = inject('localCloud');
const cloud = new Deployments(endpoint, '660000000015', 'hooks');

/** Recorded by the real agent: what a script may do, and how it ends. */
const cases = (await casesOf('running.yml')).filter(({ name, tree, modes }) => {
  // Here the application is called otherwise; and how su passes a signal on depends on the session it is started in.
  if (['what the environment is', 'a time-out of a script run as a user'].includes(name)) return false;
  // A zip of the tests holds no links and gives every .sh file the right to run.
  return modes === undefined && !Object.values(tree).some((content) => content.startsWith('-> '));
});
const machines = ['one', 'two', 'three', 'four'];
const codes = [
  'Success',
  'ScriptMissing',
  'ScriptNotExecutable',
  'ScriptTimedOut',
  'ScriptFailed',
  'UnknownError',
  'UnknownError',
];

interface Found {
  code: string | undefined;
  message: string | undefined;
  log: string;
  seconds: number;
  left: Record<string, string>;
}

const found = new Map<string, Found>();

/** Shows and removes the files in /srv, after a while. */
const look = (seconds: number) => ({
  'appspec.yml': 'version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: look.sh\n',
  'look.sh': script(
    `sleep ${seconds}`,
    'for file in /srv/*; do [ -f "$file" ] && echo "$file=$(cat "$file")"; done',
    'rm -rf /srv/*',
  ),
});

/** The files of a case, with time-outs that a slow machine does not reach either, unless the case is about them. */
function patient({ name, appspec = '', tree, agent }: AgentCase): Record<string, string> {
  const files = { ...tree, 'appspec.yml': appspec };
  if (/failed to (complete in|close)/.test(`${agent.run?.message}`)) return files;
  // Two scripts that take longer together than each of them may: in slow motion.
  const isOfTwo = name === 'each script has a time-out of its own';
  const slowly = (text: string) =>
    isOfTwo
      ? text.replaceAll(/(?<=sleep |timeout: )[\d.]+/g, (seconds) => String(Number(seconds) * 4))
      : text.replaceAll(/timeout: \d+/g, 'timeout: 600');
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [path, slowly(text)]));
}

async function deploy(group: string, one: AgentCase): Promise<Found> {
  const outcome = await cloud.deploy(group, patient(one));
  const event = outcome.targets[0]?.lifecycleEvents?.find(({ lifecycleEventName }) => lifecycleEventName === one.event);
  const { errorCode, message, logTail = '' } = event?.diagnostics ?? {};
  const seconds = ((event?.endTime?.getTime() ?? 0) - (event?.startTime?.getTime() ?? 0)) / 1000;
  const needsLook = one.settle !== undefined || one.agent.run?.left !== undefined;
  const seen = needsLook ? diagnostics(await cloud.deploy(group, look(one.settle ?? 0)), 'AfterInstall')?.logTail : '';
  const left = [...(seen ?? '').matchAll(/^\[stdout\](\/srv\/\w+)=(.*)$/gm)].map(([, file, text]) => [
    file,
    `${text}\n`,
  ]);
  return { code: errorCode, message, log: logTail, seconds, left: Object.fromEntries(left) };
}

beforeAll(async () => {
  await cloud.prepare();
  const waiting = [...cases];
  const work = async (group: string) => {
    await cloud.launch(group);
    await cloud.group(group);
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift())
      found.set(one.name, await deploy(group, one));
  };
  await Promise.all(machines.map(work));
}, 300_000);

describe('a script runs and ends as with the real agent', () => {
  test.each(cases.map((one) => [one.name, one] as const))('%s', (_name, one) => {
    const { code = 0, message, log, seconds, left = {} } = one.agent.run ?? { log: [], seconds: 0 };
    const ours = found.get(one.name);
    expect(ours?.code).toBe(codes[code]);
    if (code !== 0) expect(ours?.message?.replace(/\/opt\/\S+\/deployment-archive/, '<archive>')).toBe(message);
    expect(plain(ours?.log ?? '')).toEqual(plain(log.join('')));
    expect(ours?.left).toEqual(left);
    // The real one counts whole seconds, and a busy machine is slower; what is not stopped takes ten minutes.
    expect(ours?.seconds).toBeGreaterThan(seconds - 1.5);
    expect(ours?.seconds).toBeLessThan(seconds + 200);
  });
});

test('what a script that fails printed must be UTF-8: the agent writes it as JSON', async () => {
  const bytes = (end: string) => ({
    'appspec.yml': 'version: 0.0\nos: linux\nhooks:\n  AfterInstall:\n    - location: a.sh\n',
    'a.sh': script("printf 'caf\\351\\n'", end),
  });
  const failed = diagnostics(await cloud.deploy('one', bytes('exit 2')), 'AfterInstall');
  expect(failed).toMatchObject({ scriptName: 'a.sh', message: 'Attempting minimal diagnostics' });
  expect(failed?.logTail).toBe('Exception JSON::GeneratorError occured');
  expect(diagnostics(await cloud.deploy('one', bytes('exit 0')), 'AfterInstall')?.errorCode).toBe('Success');
});

/** The lines of a log, sorted: which of two streams comes first is chance. Letters that are not UTF-8 are shown in different ways. */
function plain(log: string): string[] {
  const lines = log.replaceAll(/[\r\uFFFD]/g, '').replaceAll(/\/opt\/\S+\/deployment-archive/g, '<archive>');
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}
