import { execa } from 'execa';
import { duration } from '../output.ts';
import type { Runtime } from '../runtime.ts';
import type { DoctorFinding } from './finding.ts';

/** Longest time a program may take to say its version, in milliseconds. */
const limitMs = 20_000;

const runnerImage = "use Vendhost's runner image, or install it in yours";

interface Program {
  readonly name: string;
  readonly words: readonly string[];
  /** Finds the version in what it prints. */
  readonly version: RegExp;
  readonly for: string;
  /** Nothing fails without it. */
  readonly optional?: true;
}

const programs: readonly Program[] = [
  { name: 'packer', words: ['version'], version: /^Packer v(\d\S*)/m, for: 'vendhost image bake' },
  { name: 'git', words: ['--version'], version: /^git version (\d\S*)/m, for: 'vendhost mr plan' },
  { name: 'ssh', words: ['-V'], version: /^OpenSSH_([\w.]+)/m, for: 'looking into a builder by hand', optional: true },
  { name: 'shellcheck', words: ['--version'], version: /^version: (\S+)/m, for: 'vendhost mr plan' },
  {
    name: 'session-manager-plugin',
    words: ['--version'],
    version: /^(\d[\d.]+)/m,
    for: 'shells on instances by Session Manager',
    optional: true,
  },
];

/** Node itself, and whether each program that a command calls exists and reports its version. */
export async function findPrograms(runtime: Runtime): Promise<DoctorFinding[]> {
  const node: DoctorFinding = {
    part: 'image',
    check: 'node',
    status: 'ok',
    detail: process.versions.node,
    version: process.versions.node,
  };
  return [
    node,
    ...(await Promise.all(programs.map((program) => findProgram(runtime, program)))),
    await plugin(runtime),
  ];
}

async function findProgram(runtime: Runtime, { name, words, version, ...known }: Program): Promise<DoctorFinding> {
  const ran = await ask(runtime, name, words);
  const found = version.exec(ran.all)?.[1];
  const row = { part: 'image', check: name } as const;
  if (found !== undefined) return { ...row, status: 'ok', detail: found, version: found };
  const isAbsent = ran.code === 'ENOENT';
  const why = isAbsent
    ? 'not on the PATH'
    : ran.timedOut
      ? `did not say its version within ${duration(limitMs)}`
      : `does not say its version: ${ran.all.split('\n')[0]}`;
  if (isAbsent && known.optional) return { ...row, status: 'absent', detail: `${why}; it is for ${known.for}` };
  // OpenSSH, for example, does not run for a user id without a name.
  if (known.optional) return { ...row, status: 'unknown', detail: why };
  return { ...row, status: 'fault', detail: `${why}; ${known.for} needs it`, hint: runnerImage };
}

/** Packer 1.7 and later keep plug-ins apart; Vendhost's own template needs none. */
async function plugin(runtime: Runtime): Promise<DoctorFinding> {
  const ran = await ask(runtime, 'packer', ['plugins', 'installed']);
  const version = /packer-plugin-amazon_v(\d[\w.]*?)_x/.exec(ran.all)?.[1];
  const row = { part: 'image', check: 'packer-plugin-amazon' } as const;
  return version === undefined
    ? { ...row, status: 'absent', detail: 'not installed; no command of vendhost needs it' }
    : { ...row, status: 'ok', detail: version, version };
}

async function ask({ env, cwd, signal }: Runtime, name: string, words: readonly string[]) {
  const passed = ['PATH', 'HOME', 'PACKER_PLUGIN_PATH', 'PACKER_CONFIG_DIR'].flatMap((variable) =>
    env[variable] === undefined ? [] : [[variable, env[variable]]],
  );
  return await execa(name, words, {
    cwd,
    env: { ...Object.fromEntries(passed), CHECKPOINT_DISABLE: '1', LANG: 'C.UTF-8' },
    extendEnv: false,
    all: true,
    reject: false,
    stdin: 'ignore',
    timeout: limitMs,
    cancelSignal: signal,
  });
}
