import { strToU8, zipSync } from 'fflate';

/** Path in a revision -> content. Names that end in `.sh` are executable. */
export type Files = Record<string, string>;

const unix = 3;

/** A revision as a zip. */
export function zipped(files: Files): Uint8Array {
  const entries = Object.entries(files).map(([name, text]) => {
    const mode = name.endsWith('.sh') ? 0o755 : 0o644;
    return [name, [strToU8(text), { os: unix, attrs: (0o100000 | mode) * 0x10000 }]] as const;
  });
  return zipSync(Object.fromEntries(entries.map(([name, [data, options]]) => [name, [data, options]])));
}

/** A bash script. */
export function script(...lines: string[]): string {
  return ['#!/bin/bash', ...lines, ''].join('\n');
}
