import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';

/** A job's shell that is about to run its script. */
export interface StartingJob {
  readonly name: string;
  /** Process id of the shell. */
  readonly pid: number;
  readonly env: Readonly<Record<string, string>>;
}

/** What the shell gets before its script: variables, or a reason not to run. */
export type HookAnswer = { variables: Readonly<Record<string, string>> } | { refusal: string };

export interface JobHook {
  /** For the environment of gitlab-ci-local. */
  readonly env: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/**
 * gitlab-ci-local runs each script in a `bash`, which sources the file named by BASH_ENV first. The file tells this
 * process the job's environment and process id, and takes what a GitLab runner would have given: the job's ID tokens.
 */
export async function openJobHook(
  directory: string,
  onJob: (job: StartingJob) => Promise<HookAnswer>,
): Promise<JobHook> {
  const server = createServer((socket) => {
    // A shell that was killed while it waited.
    socket.on('error', () => undefined);
    void answer(socket, onJob);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the job hook has no port');
  const file = join(directory, 'job-hook.sh');
  await writeFile(file, script(address.port));
  return {
    env: { BASH_ENV: file },
    async close() {
      server.close();
      await once(server, 'close');
    },
  };
}

function script(port: number): string {
  return `unset BASH_ENV
if [ -n "\${CI_JOB_NAME:-}" ]; then
  exec {local_gitlab}<>/dev/tcp/127.0.0.1/${port} || exit 1
  { printf '%s\\0' "$$"; env -0; printf '\\0'; } >&"$local_gitlab"
  eval "$(cat <&"$local_gitlab")"
  exec {local_gitlab}>&-
  unset local_gitlab
fi
`;
}

async function answer(socket: Socket, onJob: (job: StartingJob) => Promise<HookAnswer>): Promise<void> {
  const [pid, ...pairs] = await receive(socket);
  const env = Object.fromEntries(pairs.map(splitPair));
  const given = await onJob({ name: env.CI_JOB_NAME ?? '', pid: Number(pid), env }).catch(
    (error: unknown): HookAnswer => ({ refusal: String(error) }),
  );
  socket.end(commandsOf(given));
}

/** The shell's texts, each ended by a zero byte, up to an empty one. */
async function receive(socket: Socket): Promise<string[]> {
  let received = '';
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      received += String(chunk);
      if (received.endsWith('\0\0')) resolve();
    });
    socket.on('close', () => resolve());
  });
  return received.split('\0').filter((text) => text !== '');
}

function splitPair(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}

function commandsOf(given: HookAnswer): string {
  if ('refusal' in given) return `echo ${quoted(given.refusal)} >&2; exit 1\n`;
  return Object.entries(given.variables)
    .map(([name, value]) => `export ${name}=${quoted(value)}\n`)
    .join('');
}

const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
