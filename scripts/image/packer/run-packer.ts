import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { type PackerEvent, readEvents } from './packer-events.ts';

/** The folder of the template and the base scripts. */
export const packerDirectory = fileURLToPath(new URL('../../../packer', import.meta.url));

/** The template that Packer is given: what runs on the builder. */
export const packerTemplate = join(packerDirectory, 'builder.pkr.hcl');

/** The variables of the job's environment that Packer gets; without the tenant's variables, tokens and credentials. */
const inherited = [...['PATH', 'HOME', 'LANG', 'PACKER_CONFIG_DIR']];

/** Packer is killed when it takes longer to end. */
const cleanUpLimitMs = 60_000;

/** The version of the `packer` on the PATH; throws `PACKER_MISSING` when there is none that answers like Packer. */
export async function packerVersion(runtime: Runtime): Promise<string> {
  // Not in the checkout: before 1.11 Packer always looks for plug-ins in its working directory, and runs what it finds
  // (https://developer.hashicorp.com/packer/docs/upgrade/v1_11).
  const { stdout, code } = await packer(runtime, ['version'], {}, packerDirectory);
  const version = /^Packer v(\d+\.\d+\.\d+\S*)/m.exec(stdout)?.[1];
  if (version !== undefined) return version;
  const why = code === 'ENOENT' ? 'no packer on the PATH' : 'the packer on the PATH is not HashiCorp Packer';
  throw new VendhostError('PACKER_MISSING', why, {
    hint: "use Vendhost's runner image, or install Packer 1.6.6 or later in yours",
  });
}

export interface Build {
  /** File with the template. */
  readonly template: string;
  readonly variablesFile: string;
  /** Packer's working directory too: that is where it writes crash.log. */
  readonly temporaryDirectory: string;
  readonly onEvent: (event: PackerEvent) => Promise<void> | void;
}

/**
 * Runs `packer build` and returns whether it succeeded. When the command is cancelled, Packer gets a SIGTERM, which
 * ends it (it ignores a SIGINT to itself alone), and this waits for that.
 */
export async function build(runtime: Runtime, options: Build): Promise<boolean> {
  const { template, variablesFile, temporaryDirectory } = options;
  const words = ['build', '-machine-readable', '-color=false', `-var-file=${variablesFile}`, template];
  // Packer's parts talk through sockets in its temporary folder, and the path of a socket has 107 bytes at most
  // (https://man7.org/linux/man-pages/man7/unix.7.html): that of the folder may be longer.
  const child = packer(runtime, words, { TMPDIR: '.' }, temporaryDirectory);
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

function packer(runtime: Runtime, words: readonly string[], env: Readonly<Record<string, string>>, cwd: string) {
  const passed = inherited.flatMap((name) => (runtime.env[name] === undefined ? [] : [[name, runtime.env[name]]]));
  return execa('packer', words, {
    cwd,
    env: { ...Object.fromEntries(passed), CHECKPOINT_DISABLE: '1', PACKER_NO_COLOR: '1', ...env },
    extendEnv: false,
    all: true,
    reject: false,
    stdin: 'ignore',
    forceKillAfterDelay: cleanUpLimitMs,
    // A separate process group: a signal to ours would also reach Packer's plug-ins, which die without clean-up.
    detached: true,
  });
}
