import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { type PackerEvent, readEvents } from './packer-events.ts';

/** The folder of the template and the base scripts. */
export const packerDirectory = fileURLToPath(new URL('../../../packer', import.meta.url));

/** The variables of the job's environment that Packer gets; a tenant's variables and tokens are not among them. */
const inherited = [
  ...['PATH', 'HOME', 'LANG', 'PACKER_PLUGIN_PATH', 'PACKER_CONFIG_DIR', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
  ...['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'],
];

/** Packer is killed when its clean-up takes longer: stopping an instance takes a minute or two. */
const cleanUpLimitMs = 5 * 60_000;

/** The version of the `packer` on the PATH; throws `PACKER_MISSING` when there is none that answers like Packer. */
export async function packerVersion(runtime: Runtime): Promise<string> {
  const { stdout, code } = await packer(runtime, ['version'], {});
  const version = /^Packer v(\d+\.\d+\.\d+\S*)/m.exec(stdout)?.[1];
  if (version !== undefined) return version;
  const why = code === 'ENOENT' ? 'no packer on the PATH' : 'the packer on the PATH is not HashiCorp Packer';
  throw new VendhostError('PACKER_MISSING', why, {
    hint: "use Vendhost's runner image, or install Packer 1.6.6 or later in yours",
  });
}

/** 1.6 has the Amazon builder built in and refuses the block that later versions need to find their plug-in. */
function needsPlugin(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || minor >= 7;
}

/** The files of the template that a version of Packer reads. */
export function templateFiles(version: string): string[] {
  return needsPlugin(version) ? ['ami.pkr.hcl', 'plugins.pkr.hcl'] : ['ami.pkr.hcl'];
}

/** The template as a version of Packer takes it: 1.6 does not know the blocks between the lines "current Packer only". */
export async function templateFor(version: string): Promise<Readonly<Record<string, string>>> {
  const files = templateFiles(version).map(async (file) => {
    const text = await readFile(join(packerDirectory, file), 'utf8');
    return [file, needsPlugin(version) ? text : withoutCurrent(text)] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}

function withoutCurrent(text: string): string {
  return text.replaceAll(/^ *# current Packer only \{.*?^ *# \}\n/gms, '');
}

/** Whether this version requires IMDSv2 of the builder when it starts it; on 1.6 that is done afterwards. */
export function requiresTokens(version: string): boolean {
  return needsPlugin(version);
}

/** Gets the plug-in that the template names, where this version of Packer has none built in. */
export async function installPlugin(runtime: Runtime, version: string): Promise<void> {
  if (!needsPlugin(version)) return;
  const { exitCode, all } = await packer(runtime, ['init', packerDirectory], {});
  if (exitCode === 0) return;
  throw new VendhostError('PACKER_PLUGIN', 'packer init cannot get the Amazon plug-in', {
    details: String(all).trim().split('\n').slice(-5),
    hint: "use Vendhost's runner image, whose Packer needs no plug-in; or let the runner reach github.com",
  });
}

export interface Build {
  /** Folder with the template. */
  readonly template: string;
  readonly variablesFile: string;
  /** Packer's working directory too: that is where it writes crash.log. */
  readonly temporaryDirectory: string;
  /** Credentials and endpoint; given to Packer alone. */
  readonly env: Readonly<Record<string, string>>;
  readonly onEvent: (event: PackerEvent) => Promise<void> | void;
}

/**
 * Runs `packer build` and returns whether it succeeded. When the command is cancelled, Packer gets a SIGTERM, which
 * makes it terminate its builder (it ignores a SIGINT to itself alone), and this waits for that.
 */
export async function build(runtime: Runtime, options: Build): Promise<boolean> {
  const { template, variablesFile, temporaryDirectory } = options;
  const words = ['build', '-machine-readable', '-color=false', `-var-file=${variablesFile}`, template];
  const child = packer(runtime, words, { ...options.env, TMPDIR: temporaryDirectory }, temporaryDirectory);
  const stop = () => child.kill('SIGTERM');
  runtime.signal.addEventListener('abort', stop, { once: true });
  if (runtime.signal.aborted) stop();
  const failures: unknown[] = [];
  const deal = async (event: PackerEvent) => await options.onEvent(event);
  try {
    // Leaving the loop earlier would wait for a Packer that was never signalled.
    for await (const line of child.iterable({ from: 'all' })) {
      for (const event of failures.length > 0 ? [] : readEvents(line)) {
        await deal(event).catch((thrown: unknown) => {
          failures.push(thrown);
          stop();
        });
      }
    }
    if (failures.length > 0) throw failures[0];
    return (await child).exitCode === 0;
  } finally {
    runtime.signal.removeEventListener('abort', stop);
  }
}

function packer(
  runtime: Runtime,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string = runtime.cwd,
) {
  const passed = inherited.flatMap((name) => (runtime.env[name] === undefined ? [] : [[name, runtime.env[name]]]));
  return execa('packer', words, {
    cwd,
    env: { ...Object.fromEntries(passed), CHECKPOINT_DISABLE: '1', PACKER_NO_COLOR: '1', ...env },
    extendEnv: false,
    all: true,
    reject: false,
    stdin: 'ignore',
    forceKillAfterDelay: cleanUpLimitMs,
    // A group of its own: a signal to ours would reach Packer's plug-ins as well, and they die of it without clean-up.
    detached: true,
  });
}
