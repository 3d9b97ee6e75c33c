import { delimiter, join } from 'node:path';
import { execa, type Result } from 'execa';
import { projectRoot } from '../local-gitlab/platform.ts';
import { compiledCode } from '../local-gitlab/workspace.ts';

/** A command line of somebody who sits before the platform repository. */
export interface OwnersCommand {
  readonly words: readonly string[];
  /** The platform repository. */
  readonly cwd: string;
  /** All variables of the command but PATH. */
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
  readonly signal: AbortSignal | undefined;
  /** Longest time it may take, in milliseconds. */
  readonly limitMs: number;
}

/** Runs `vendhost` of this checkout; does not throw when it fails. */
export async function runVendhost({ words, cwd, env, onLine, signal, limitMs }: OwnersCommand): Promise<Result> {
  const running = execa('node', [join(projectRoot, 'scripts/vendhost.ts'), ...words], {
    ...{ cwd, extendEnv: false, all: true, stdin: 'ignore', reject: false, timeout: limitMs },
    env: {
      PATH: [join(projectRoot, 'node_modules/.bin'), process.env.PATH].join(delimiter),
      NODE_COMPILE_CACHE: compiledCode,
      ...env,
    },
    // Time to leave nothing half done: a stack update is cancelled and waited for.
    forceKillAfterDelay: 300_000,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  for await (const line of running.iterable({ from: 'all' })) onLine(line);
  return await running;
}
