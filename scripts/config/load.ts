import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { messageOf, VendhostError } from '../errors.ts';
import { type Fault, faultsOf } from './issues.ts';

/** Reads and parses a YAML file; throws `CONFIG_INVALID` with every fault. An absent optional file counts as empty. */
export async function readConfig<S extends z.ZodType>(
  file: string,
  schema: S,
  options: { optional?: boolean } = {},
): Promise<z.output<S>> {
  const text = await readText(file, options.optional === true);
  const { value, faults } = parseConfig(file, text ?? '', schema);
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

function parseYaml(text: string): { input: unknown; faults?: undefined } | { faults: string[] } {
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
  // The first line says what and where; the rest shows the source.
  const faults = document.errors.map(({ message }) => (message.split('\n')[0] ?? '').replace(/:$/, ''));
  if (faults.length > 0) return { faults };
  try {
    return { input: document.toJS() ?? {} };
  } catch (error) {
    // Without quotes a pattern like **/*.php is an alias.
    return { faults: [`${messageOf(error)} (a text that begins with * needs quotes)`] };
  }
}

/** One error for all faults: each line names file, path, wrong value and what is allowed. */
export function configError(faults: readonly Fault[]): VendhostError {
  const files = [...new Set(faults.map((fault) => fault.file))];
  return new VendhostError(
    'CONFIG_INVALID',
    `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'} in ${files.join(', ')}`,
    {
      details: faults.map(({ file, path, message }) => `${file}: ${path === '' ? '' : `${path}: `}${message}`),
      hint: 'fix the lines above; `vendhost config show` prints every key with its value',
    },
  );
}

async function readText(file: string, optional: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (missing && optional) return undefined;
    throw new VendhostError(
      'CONFIG_UNREADABLE',
      missing ? `no file ${file}` : `cannot read ${file}: ${messageOf(cause)}`,
      {
        hint: 'run in the folder that holds the file, or name the folder with --directory',
        cause,
      },
    );
  }
}
