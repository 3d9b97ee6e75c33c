import { parseArgs } from 'node:util';
import type { Subject } from './world.ts';

export interface FaultOptions {
  /** Name of a command, or how it begins; `paths` for the paths only. Empty: everything. */
  readonly only: string;
  readonly points: number;
  readonly paths: number;
  readonly seed: string;
  readonly minutes: number;
  readonly json: boolean;
}

const help = `npm run faults -- [options]

Kills every command that writes at its writing calls and runs it again, then runs whole paths through a proxy that disturbs
calls, all against the local cloud. Prints a row for each; exit code 1 when something was doubled, left, missing, called
itself a bug, or did not end with 0. Needs root, for instances.

  --only COMMAND  only commands that begin so ("tenant vend"), or only "paths"
  --points N      kill points, at least, over all commands [60]
  --paths N       paths bake, provision, push, release with faults in a quarter and more of all calls [10]
  --seed TEXT     which points, and which calls are disturbed: the same seed, the same calls [vendhost]
  --minutes N     after so long nothing new is begun, and what was not run is said; exit code 1 [180]
  --json          the rows as JSON on standard output, the tables on standard error
  --help
`;

/** The options of a command line; `undefined` after printing help. Throws on what it does not know. */
export function faultOptions(words: readonly string[], print: (text: string) => void): FaultOptions | undefined {
  const text = (value: string) => ({ type: 'string', default: value }) as const;
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: text(''),
      points: text('60'),
      paths: text('10'),
      seed: text('vendhost'),
      minutes: text('180'),
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    print(help);
    return undefined;
  }
  const number = (name: 'points' | 'paths' | 'minutes') => {
    if (/^\d+$/.test(values[name])) return Number(values[name]);
    throw new Error(`--${name} "${values[name]}" is not a whole number`);
  };
  const { only, seed, json } = values;
  return { only, seed, json, points: number('points'), paths: number('paths'), minutes: number('minutes') };
}

/** The commands that are asked for; throws when there is none. */
export function chosen(subjects: readonly Subject[], only: string): readonly Subject[] {
  const found = subjects.filter(({ name }) => name.startsWith(only));
  if (found.length > 0 || only === 'paths') return found;
  throw new Error(`--only "${only}" is none of: ${subjects.map(({ name }) => name).join('; ')}; paths`);
}
