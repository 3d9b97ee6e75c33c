import type { z } from 'zod';
import { VendhostError } from '../errors.ts';
import { type Fault, faultsOf } from './issues.ts';
import { parseYaml } from './reading/parse-yaml.ts';
import { readText } from './reading/read-text.ts';

/**
 * Reads and parses a YAML file; throws `CONFIG_UNREADABLE` or, with every fault, `CONFIG_INVALID`. An optional file that is absent
 * counts as empty; one that exists but cannot be read does not. `within` is the repository, by default the file's folder: see
 * `readText`.
 */
export async function readConfig<S extends z.ZodType>(
  file: string,
  schema: S,
  options: { optional?: boolean; within?: string } = {},
): Promise<z.output<S>> {
  const read = await readText(file, options.within);
  if (read?.fault !== undefined) throw configUnreadable(`${file} ${read.fault}`);
  if (read === undefined && options.optional !== true) throw configUnreadable(`no file ${file}`);
  const { value, faults } = parseConfig(file, read?.text ?? '', schema);
  if (value === undefined || faults.length > 0) throw configError(faults);
  return value;
}

/** Like `readConfig`, but returns faults and raw content, for callers that collect the faults of several files. */
export function parseConfig<S extends z.ZodType>(
  file: string,
  text: string,
  schema: S,
): { value?: z.output<S>; faults: Fault[]; content?: unknown } {
  const yaml = parseYaml(text);
  if (yaml.faults !== undefined) {
    return { faults: yaml.faults.map((message) => ({ file, path: '', message: `not YAML: ${message}` })) };
  }
  const parsed = schema.safeParse(yaml.input);
  const content = yaml.input;
  if (parsed.success) return { value: parsed.data, faults: [], content };
  return { faults: faultsOf(file, parsed.error.issues, content, schema), content };
}

/** One error for all faults: each line names file, path, wrong value and what is allowed. */
export function configError(faults: readonly Fault[]): VendhostError {
  const files = [...new Set(faults.map((fault) => fault.file))];
  return new VendhostError(
    'CONFIG_INVALID',
    `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'} in ${files.join(', ')}`,
    {
      details: firstLines(
        faults.map(({ file, path, message }) => `${file}: ${path === '' ? '' : `${path}: `}${message}`),
      ),
      hint: 'fix the lines above; `vendhost config show` prints every key with its value',
    },
  );
}

/** More than anybody reads at once. */
const mostLines = 100;

/** The first of many lines, and the number of further ones. */
export function firstLines(lines: readonly string[]): string[] {
  const rest = lines.length - mostLines;
  return [...lines.slice(0, mostLines), ...(rest > 0 ? [`and ${rest} more`] : [])];
}

/** `CONFIG_UNREADABLE`. */
export function configUnreadable(message: string): VendhostError {
  return new VendhostError('CONFIG_UNREADABLE', message, {
    hint: 'run in the folder that holds the file, or name the folder with --directory',
  });
}
