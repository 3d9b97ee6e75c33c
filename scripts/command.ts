import type { Argv } from 'yargs';
import type { Runtime } from './runtime.ts';

/** One `vendhost <noun> <verb>`: its help, its options, and the function it calls. */
export interface Command<Args = unknown> {
  /** The noun and the verb, then positionals in yargs' notation: `tenant vend <tenant>`. */
  readonly usage: string;
  /** One line, shown in the list of commands. */
  readonly describe: string;
  /** Example command lines, each with its meaning. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  readonly options: (parser: Argv) => Argv<Args>;
  /** Calls one room, which prints. A returned number is the exit code. */
  readonly run: (args: Args, runtime: Runtime) => Promise<number | undefined>;
}

/** Keeps the argument types of `options` and `run` in step, then erases them: the command line treats all commands alike. */
export function define<Args>(parts: Command<Args>): Command {
  return parts as unknown as Command;
}
