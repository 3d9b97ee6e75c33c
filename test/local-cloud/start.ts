import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { cacheDirectory, pythonDirectory, pythonWith } from './python.ts';

/** Where the ALBs answer: listeners of port 80 and of port 443 (served as plain HTTP). */
export interface Router {
  http: string;
  https: string;
}

/** What another process needs to talk to a running local cloud. */
export interface LocalCloudAddress {
  /** For AWS_ENDPOINT_URL. */
  endpoint: string;
  router: Router;
  /** State of this run: layers, logs, ready.json. */
  directory: string;
}

export interface LocalCloud extends LocalCloudAddress {
  /** Environment variables for a command that works in this account (12 digits). */
  env(account: string): Record<string, string>;
  /** Ends the cloud with all its instances. May be called twice. */
  stop(): Promise<void>;
}

export interface LocalCloudOptions {
  /** State of this run; without it a temporary directory that `stop` removes. */
  directory?: string;
  /** JWKS of the ID token issuer; without it STS asks the issuer itself, which must be on loopback. */
  jwksFile?: string;
  /** Enforce IAM policies for assumed roles. */
  auth?: boolean;
  /** Receives messages about what the launcher waits for, line by line. Default: standard error. */
  say?: (line: string) => void;
}

const region = 'eu-west-1';
const startLimitSeconds = 100;
const stopLimitSeconds = 10;

/**
 * Starts ministack with this directory's plug-in on a free port of 127.0.0.1.
 *
 * As root it gets its own mount and PID namespaces, so that ending its first process ends every instance and
 * unmounts every layer. It exits when its standard input closes, so it does not outlive this process either.
 */
export async function startLocalCloud(options: LocalCloudOptions = {}): Promise<LocalCloud> {
  const say = options.say ?? ((line) => process.stderr.write(`local cloud: ${line}\n`));
  const python = await pythonWith('requirements.txt', say);
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'vendhost-cloud-')));
  await mkdir(directory, { recursive: true });
  const removeDirectory = async () => {
    if (!options.directory) await rm(directory, { recursive: true, force: true, maxRetries: 10 });
  };

  await prepareInstances(python, childEnvironment(directory, 0, options), say);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const child = await launch(python, directory, childEnvironment(directory, port, options), say);
  try {
    await waitUntil(child, directory, `${endpoint}/_ministack/health to answer`, () => isHealthy(endpoint));
    const router = await waitForRouter(child, directory);
    const address = { endpoint, router, directory };
    let stopping: Promise<void> | undefined;
    return {
      ...address,
      env: (account) => accountEnvironment(address, account),
      stop() {
        stopping ??= stopChild(child).then(removeDirectory);
        return stopping;
      },
    };
  } catch (error) {
    await stopChild(child);
    await removeDirectory();
    throw error;
  }
}

/** Where the cloud is, and that it is one: what a command needs that brings credentials of its own. */
export function placeEnvironment(cloud: LocalCloudAddress) {
  return {
    AWS_ENDPOINT_URL: cloud.endpoint,
    VENDHOST_LOCAL_CLOUD: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
    // The CDK remembers which account an access key belongs to; not across clouds.
    CDK_HOME: join(cloud.directory, 'cdk-home'),
  };
}

/** Environment variables for a command that works in this account: an access key of 12 digits is the account. */
export function accountEnvironment(cloud: LocalCloudAddress, account: string): Record<string, string> {
  return {
    ...placeEnvironment(cloud),
    AWS_ACCESS_KEY_ID: account,
    AWS_SECRET_ACCESS_KEY: 'local-cloud',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  };
}

function childEnvironment(directory: string, port: number, options: LocalCloudOptions): Record<string, string> {
  const passed = ['PATH', 'LANG', 'http_proxy', 'https_proxy', 'no_proxy', 'SSL_CERT_FILE'];
  const inherited = passed.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []));
  return {
    ...Object.fromEntries(inherited),
    HOME: directory,
    TMPDIR: directory,
    PYTHONPATH: pythonDirectory,
    PYTHONPYCACHEPREFIX: join(cacheDirectory, 'pycache'),
    PYTHONUNBUFFERED: '1',
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    MINISTACK_HOST: '127.0.0.1',
    MINISTACK_REGION: region,
    S3_DATA_DIR: join(directory, 's3'),
    STATE_DIR: join(directory, 'state'),
    // No listeners on fixed ports and no Docker containers: several clouds may run at the same time.
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
    DOCKER_HOST: `unix://${join(directory, 'no-docker.sock')}`,
    AUTH: options.auth ? 'true' : 'false',
    VENDHOST_CLOUD_DIR: directory,
    VENDHOST_CLOUD_OWNED: '1',
    ...(options.jwksFile ? { VENDHOST_OIDC_JWKS: options.jwksFile } : {}),
  };
}

/** Makes the base layer of instances: half a minute on a machine's first start, no time later. */
async function prepareInstances(python: string, env: Record<string, string>, say: (line: string) => void) {
  if (process.getuid?.() !== 0) return;
  const making = execa(python, ['-m', 'vendhost_cloud.machines.prepare'], {
    env,
    extendEnv: false,
    all: true,
    reject: false,
  });
  for await (const line of making.iterable({ from: 'all' })) say(line);
}

async function launch(
  python: string,
  directory: string,
  env: Record<string, string>,
  say: (line: string) => void,
): Promise<ChildProcess> {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) say('not root: everything but EC2 instances works (they need mount namespaces)');
  const namespaces = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const [command = '', ...args] = [...(isRoot ? namespaces : []), python, '-m', 'vendhost_cloud'];
  const log = await open(join(directory, 'cloud.log'), 'a');
  // Its own process group: on Ctrl-C, other processes still have to clean up in the cloud.
  const child = spawn(command, args, { cwd: directory, env, stdio: ['pipe', log.fd, log.fd], detached: true });
  child.stdin?.on('error', () => undefined);
  await once(child, 'spawn');
  await log.close();
  return child;
}

async function waitForRouter(child: ChildProcess, directory: string): Promise<Router> {
  const file = join(directory, 'ready.json');
  await waitUntil(child, directory, `${file} (written by the router)`, async () => existsSync(file));
  return JSON.parse(await readFile(file, 'utf8')) as Router;
}

async function waitUntil(child: ChildProcess, directory: string, what: string, check: () => Promise<boolean>) {
  const deadline = performance.now() + startLimitSeconds * 1000;
  while (!(await check())) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`the local cloud ended while waiting for ${what}:\n${await logTail(directory)}`);
    }
    if (performance.now() > deadline) {
      throw new Error(`waited ${startLimitSeconds} s for ${what}:\n${await logTail(directory)}`);
    }
    await wait(50);
  }
}

async function isHealthy(endpoint: string): Promise<boolean> {
  try {
    const response = await fetch(`${endpoint}/_ministack/health`, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

async function logTail(directory: string): Promise<string> {
  const text = await readFile(join(directory, 'cloud.log'), 'utf8');
  return text.trimEnd().split('\n').slice(-20).join('\n');
}

/** Closing standard input ends the cloud; `unshare --kill-child` ends its whole namespace with it. */
async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.stdin?.end();
  const timer = new AbortController();
  const late = wait(stopLimitSeconds * 1000, 'late', { signal: timer.signal }).catch(() => undefined);
  if ((await Promise.race([ended, late])) === 'late') {
    child.kill('SIGKILL');
    await ended;
  }
  timer.abort();
}

/**
 * A port below those that the kernel gives to whoever asks for any (`ip_local_port_range`): between this look and the moment
 * that the cloud listens, nobody gets it by chance.
 */
async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = randomInt(15_000, 32_000);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
  throw new Error('no free port on 127.0.0.1');
}

/** `node test/local-cloud/start.ts`: a cloud to try the command against, until Ctrl-C. */
async function main(): Promise<void> {
  const cloud = await startLocalCloud();
  const lines = Object.entries(cloud.env('111111111111')).map(([name, value]) => `export ${name}=${value}`);
  process.stdout.write(`${lines.join('\n')}\n`);
  process.stderr.write(`router: http ${cloud.router.http}, https ${cloud.router.https}\n`);
  process.stderr.write(`log: ${join(cloud.directory, 'cloud.log')}\nCtrl-C stops it.\n`);
  const stop = () => void cloud.stop().then(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
