import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { messageOf, VendhostError } from '../errors.ts';

/** One fault in a configuration file. */
export interface Fault {
  readonly file: string;
  /** Dotted path of the faulty key; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/** Reads a YAML file and returns what the schema makes of it, or every fault it found; `undefined` text stands for an absent optional file. */
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

/** Like `readConfig`, but returns the faults, for callers that collect those of several files. */
export function parseConfig<S extends z.ZodType>(
  file: string,
  text: string,
  schema: S,
): { value?: z.output<S>; faults: Fault[] } {
  const document = parseDocument(text, { uniqueKeys: true, prettyErrors: true });
  if (document.errors.length > 0) {
    return {
      faults: document.errors.map((error) => ({ file, path: '', message: `not YAML: ${messageOf(error)}` })),
    };
  }
  const input: unknown = document.toJS() ?? {};
  const parsed = schema.safeParse(input);
  if (parsed.success) return { value: parsed.data, faults: [] };
  return { faults: parsed.error.issues.flatMap((issue) => describe(file, issue, input)) };
}

/** One error for all faults: each line names file, path, wrong value and what is allowed. */
export function configError(faults: readonly Fault[]): VendhostError {
  const files = [...new Set(faults.map((fault) => fault.file))];
  return new VendhostError(
    'CONFIG_INVALID',
    `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'} in ${files.join(', ')}`,
    {
      details: faults.map(({ file, path, message }) => `${file}: ${path === '' ? '' : `${path}: `}${message}`),
      hint: 'correct the lines above; `vendhost config show` prints every key with its value',
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

function describe(file: string, issue: z.core.$ZodIssue, input: unknown): Fault[] {
  const fault = (path: readonly PropertyKey[], message: string): Fault => ({
    file,
    path: path.map(String).join('.'),
    message,
  });
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => fault([...issue.path, key], 'unknown key'));
  }
  if (issue.code === 'invalid_union') {
    const closest = issue.errors.reduce<z.core.$ZodIssue[]>(
      (best, branch) => (depth(branch) > depth(best) ? branch : best),
      issue.errors[0] ?? [],
    );
    return closest.flatMap((inner) =>
      describe(file, { ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue, input),
    );
  }
  const wrong = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  );
  return [fault(issue.path, wrong === undefined ? missing(issue) : `${shown(wrong)} is wrong: ${allowed(issue)}`)];
}

/** How far a union's branch got before it failed: the one that got furthest is what the author meant. */
function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)));
}

function missing(issue: z.core.$ZodIssue): string {
  return `missing: ${allowed(issue)}`;
}

function allowed(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type')
    return `must be ${issue.expected === 'int' ? 'a whole number' : `of type ${issue.expected}`}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}`;
  return `must be ${issue.message}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
