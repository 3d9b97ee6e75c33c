import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeTree } from '../../builders/repository.ts';
import {
  type AgentCase,
  allCases,
  type Run,
  revisionOf,
  type Script,
  stub,
} from '../../scripts/repository/appspec/agent-cases.ts';
import { cacheDirectory, pythonDirectory, pythonWith } from '../python.ts';

const home = 'opt/codedeploy-agent/deployment-root';

/** The local cloud's agent on this machine, in a mount namespace in which /srv and /opt are empty; it needs root. */
class LocalAgent {
  readonly #process;
  readonly #lines: AsyncIterator<string>;
  #count = 0;

  private constructor(python: string, stubs: string) {
    const mounts = 'mount -t tmpfs tmpfs /srv && mount -t tmpfs tmpfs /opt && exec "$0" -m vendhost_cloud.agent /';
    this.#process = execa('unshare', ['--mount', 'sh', '-c', mounts, python], {
      cwd: pythonDirectory,
      env: {
        PATH: `${stubs}:${process.env.PATH}`,
        COMMANDS: join(stubs, 'commands'),
        PYTHONPYCACHEPREFIX: join(cacheDirectory, 'pycache'),
      },
      stdout: 'pipe',
      buffer: false,
    });
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** An agent that answers: before it does, its mounts may not be there, and its paths be those of this machine. */
  static async start(python: string, stubs: string): Promise<LocalAgent> {
    const agent = new LocalAgent(python, stubs);
    await agent.ask({ do: 'prepare', path: '/nowhere', runas: null, sudo: false });
    return agent;
  }

  /** A path as this process sees it. */
  path(...parts: string[]): string {
    return join('/proc', String(this.#process.pid), 'root', ...parts);
  }

  async ask(command: object): Promise<{ ok?: unknown; error?: string }> {
    this.#process.stdin.write(`${JSON.stringify(command)}\n`);
    const { value } = await this.#lines.next();
    return JSON.parse(String(value)) as { ok?: unknown; error?: string };
  }

  /** Lays a case out; the answers' `place`, and its archive as the agent sees it. */
  async prepare(one: AgentCase): Promise<{ place: { group: string; deployment: string }; archive: string }> {
    for (const name of await readdir(this.path('srv'))) await rm(this.path('srv', name), { recursive: true });
    const place = { group: `g${this.#count++}`, deployment: 'd' };
    const archive = join(home, place.group, 'd/deployment-archive');
    await mkdir(this.path(archive), { recursive: true });
    await mkdir(this.path(home, 'deployment-instructions'), { recursive: true });
    await writeTree(this.path(archive), revisionOf(one));
    for (const [path, mode] of Object.entries(one.modes ?? {})) {
      await chmod(this.path(archive, path), Number.parseInt(mode, 8));
    }
    await writeTree(this.path('srv'), one.there ?? {});
    return { place, archive: `/${archive}` };
  }

  async plan(group: string): Promise<string[]> {
    const file = this.path(home, 'deployment-instructions', `${group}-install.json`);
    const text = await readFile(file, 'utf8').catch(() => '{"instructions": []}');
    const { instructions } = JSON.parse(text) as { instructions: Step[] };
    return instructions.map(planned).sort();
  }

  /** Starts a script as CodeDeploy would; its exit code, or why it cannot be started. */
  async run(script: Script, path: string): Promise<Partial<Run>> {
    const where = `Script at specified location: ${script.location}`;
    const user = script.runas === undefined ? where : `${where} run as user ${script.runas}`;
    const { ok } = await this.ask({ do: 'prepare', path, runas: script.runas ?? null, sudo: script.sudo ?? false });
    const prepared = ok as { argv: string[]; failure?: string } | null;
    if (prepared === null) {
      return { code: 1, message: `Script does not exist at specified location: ${normalize(path).replace(/\/$/, '')}` };
    }
    if (prepared.failure !== undefined) return { code: 4, message: `${user} failed with error ${prepared.failure}` };
    const inside = [
      '--target',
      String(this.#process.pid),
      '--mount',
      '--',
      'sh',
      '-c',
      'cd /srv && exec "$0" "$@"',
      ...prepared.argv,
    ];
    const { exitCode } = await execa('nsenter', inside, { reject: false, stdin: 'ignore', cwd: '/' });
    return exitCode === 0 ? {} : { code: 4, message: `${user} failed with exit code ${exitCode}` };
  }

  async end(): Promise<void> {
    this.#process.stdin.end();
    await this.#process;
  }
}

type Step = Record<'type' | 'source' | 'destination' | 'directory' | 'mode' | 'file' | 'owner' | 'group', string> & {
  acl: string[];
  context: Record<string, string | null>;
};

/** A step of the plan in one line, as in the recorded cases. */
function planned(step: Step): string {
  const context = Object.entries(step.context ?? {}).filter(([, value]) => value !== null);
  const lines: Record<string, string> = {
    copy: `copy ${step.source} -> ${step.destination}`,
    mkdir: `mkdir ${step.directory}`,
    chmod: `chmod ${step.mode} ${step.file}`,
    chown: `chown ${shown(step.owner)}:${shown(step.group)} ${step.file}`,
    setfacl: `setfacl ${(step.acl ?? []).join(',')} ${step.file}`,
    semanage: `semanage ${context.map(([key, value]) => `${key}=${value}`).join(' ')} ${step.file}`,
  };
  return lines[step.type] ?? step.type;
}

function shown(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');
}

let agent: LocalAgent;
let stubs: string;

beforeAll(async () => {
  stubs = await mkdtemp(join(tmpdir(), 'vendhost-stubs-'));
  for (const name of ['setfacl', 'semanage', 'restorecon']) await copyFile(stub, join(stubs, name));
  agent = await LocalAgent.start(await pythonWith('requirements.txt', () => undefined), stubs);
});

afterAll(() => agent.end());

/** What the local agent makes of a case, in the form of the recorded verdict. */
async function verdict(one: AgentCase) {
  const { place, archive } = await agent.prepare(one);
  const own = (text: string | undefined) => text?.replaceAll(archive, '<archive>').split('\n')[0] ?? '';
  const parsed = await agent.ask({ do: 'scripts', event: 'BeforeInstall', previous: false, ...place });
  const hooks: Record<string, object[]> = {};
  for (const event of Object.keys(one.agent.hooks ?? {})) {
    const { ok } = await agent.ask({ do: 'scripts', event, previous: false, ...place });
    const { scripts } = ok as { scripts: { location: string; timeout: number; runas: string | null; sudo: boolean }[] };
    hooks[event] = scripts.map(({ location, timeout, runas, sudo }) => ({
      location,
      timeout,
      ...(runas === null ? {} : { runas }),
      ...(sudo ? { sudo } : {}),
    }));
  }
  const outcomes: Partial<Run>[] = [];
  for (const script of (parsed.error === undefined && one.agent.hooks?.[one.event ?? '']) || []) {
    const { message, ...rest } = await agent.run(script, `${archive}/${script.location.replace(/^\//, '')}`);
    outcomes.push(
      message === undefined
        ? rest
        : { ...rest, message: message.replaceAll(archive, '<archive>').replace(dirname(archive), '<above>') },
    );
  }
  const installed = await agent.ask({ do: 'install', behaviour: one.behaviour ?? 'DISALLOW', ...place });
  const plan = (await agent.plan(place.group)).map((line) => line.replaceAll(`${archive}/`, ''));
  const commands = await takeCommands();
  return {
    run: outcomes.find(({ code }) => code !== undefined) ?? {},
    parse: own(parsed.error),
    hooks,
    install: own(installed.error),
    plan,
    commands,
    again: one.agent.install?.again === undefined ? undefined : await again(one, place),
  };
}

async function takeCommands(): Promise<string[]> {
  const commands = await readFile(join(stubs, 'commands'), 'utf8').catch(() => '');
  await rm(join(stubs, 'commands'), { force: true });
  return commands.split('\n').filter(Boolean).sort();
}

/** What the next deployment of the same revision ends with, and leaves below /srv. */
async function again(one: AgentCase, place: { group: string; deployment: string }) {
  await writeTree(agent.path('srv'), one.meanwhile ?? {});
  const { error } = await agent.ask({ do: 'install', behaviour: one.behaviour ?? 'DISALLOW', ...place });
  const left = await readdir(agent.path('srv'), { recursive: true });
  return {
    result: withoutValues(error ?? ''),
    left: left.map((path) => `/srv/${path}`).sort(),
    commands: await takeCommands(),
  };
}

/** The same of a recorded verdict; what is left is recorded of success only. */
function recordedAgain({ install }: AgentCase['agent']) {
  if (install?.again === undefined) return undefined;
  const { result, made, commands = [] } = install.again;
  const paths = made?.map((line) => line.replace(/ (-> .*|\d+ \w+:\w+)$/, '').replace(/\/$/, ''));
  return { result: expected(result), left: paths?.sort() ?? expect.anything(), commands };
}

/** What the agent says in its own words must be said here, values apart; what Ruby says of a bug in it only counts as refused. */
function expected(recorded: string | undefined): unknown {
  if (recorded === undefined || recorded === 'ok') return '';
  const words = recorded.replace(/^\w+: /, '');
  return words.startsWith('The ') ? withoutValues(words) : expect.stringMatching(/./);
}

/** Which file is named first depends on the order of a folder, and Ruby shows values in its own way. */
function withoutValues(text: string): string {
  return text.replaceAll(/\(.*?\)+|named \S+ and \S+|the file \S+,|pid \d+/g, '').trim();
}

/** Paths that begin where the agent happens to run, or lead to its own folders. */
const elsewhere = [
  'source ..',
  'destination srv/x',
  'destination ./x',
  'destination "c:\\\\x"',
  'destination \\srv',
  'object "srv/x"',
];

// Scripts that take time are run by deployments, in hook-cases.cloud.test.ts.
for (const [file, cases] of await allCases()) {
  if (file === 'running.yml') continue;
  describe(`${file}: the local agent is like the real one`, () => {
    const here = cases.filter(({ name }) => !elsewhere.includes(name));
    test.each(here.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
      const { parse, hooks = {}, run, install } = one.agent;
      const found = await verdict(one);
      expect(withoutValues(found.parse)).toEqual(expected(parse));
      expect(found.hooks).toEqual(hooks);
      const { code, message } = run ?? {};
      expect(found.run).toEqual(
        code === undefined ? {} : { code, message: message?.replace('/mnt/deployment', '<above>') },
      );
      if (parse !== 'ok' && install === undefined) return;
      expect(withoutValues(found.install)).toEqual(expected(install?.result));
      expect(found.plan).toEqual(install?.plan ?? []);
      // The order of a folder decides which of several paths comes first, and what it adds to the next.
      expect(found.again).toEqual(recordedAgain(one.agent));
      if ((install?.commands?.length ?? 0) > 2) expect(found.commands).toHaveLength(install?.commands?.length ?? 0);
      else expect(found.commands).toEqual(install?.commands ?? []);
    });
  });
}
