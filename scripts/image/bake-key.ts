import { createHash } from 'node:crypto';
import type { Place } from '../config/names.ts';
import type { BakeInputs } from '../config/stored.ts';
import { fileDigest, type ImageFile } from './image-files.ts';

export interface BakeParts {
  place: Place;
  scripts: readonly ImageFile[];
  base: readonly ImageFile[];
  template: readonly ImageFile[];
  sourceAmi: string;
  architecture: string;
  volumeGib: number;
  encryptionKey: string;
  packer: string;
}

export function bakeInputs({ place, scripts, base, template, ...rest }: BakeParts): BakeInputs {
  return {
    place: `${place.environment}/${place.tenant}`,
    scripts: digests(scripts),
    base: digests(base),
    template: digests(template),
    ...rest,
  };
}

/** The hash of all inputs, as 64 hexadecimal digits; the order of keys does not matter. */
export function bakeKey(inputs: BakeInputs): string {
  return createHash('sha256').update(canonical(inputs)).digest('hex');
}

/** What differs between the inputs of two bakes, one line each. */
export function inputChanges(before: BakeInputs, after: BakeInputs): string[] {
  return [
    ...fileChanges('infrastructure/', before.scripts, after.scripts),
    ...fileChanges("the platform's base script ", before.base, after.base),
    ...fileChanges("the platform's Packer template ", before.template, after.template),
    ...change('source AMI', before.sourceAmi, after.sourceAmi),
    ...change('architecture', before.architecture, after.architecture),
    ...change('volume in GiB', before.volumeGib, after.volumeGib),
    ...change('encryption key', before.encryptionKey, after.encryptionKey),
    ...change('Packer', before.packer, after.packer),
    ...change('place', before.place, after.place),
  ];
}

function change(name: string, before: string | number, after: string | number): string[] {
  return before === after ? [] : [`${name} changed: ${before} → ${after}`];
}

function fileChanges(
  prefix: string,
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): string[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths.flatMap((path) => {
    const [old, now] = [before[path], after[path]];
    if (old === now) return [];
    if (old === undefined) return [`${prefix}${path} is new`];
    if (now === undefined) return [`${prefix}${path} is gone`];
    return old.slice(2) === now.slice(2)
      ? [`${prefix}${path} ${now.startsWith('x') ? 'became executable' : 'is no longer executable'}`]
      : [`${prefix}${path} changed`];
  });
}

function digests(files: readonly ImageFile[]): Record<string, string> {
  return Object.fromEntries(files.map((file) => [file.path, fileDigest(file)]));
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(',')}}`;
}
