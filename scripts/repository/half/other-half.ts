import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Half } from '../../config/tenant.ts';
import type { CheckFinding } from '../findings.ts';

/** The one key of `vendhost.yml` that is about the software; all others are about the machine. */
const softwareKeys: readonly string[] = ['revision'];

/**
 * What a repository with one half has of the other one: nothing reads it here. A key of `vendhost.yml` is a fault, because its author
 * relies on it; a folder that was left behind is a warning.
 *
 * @param content of vendhost.yml, whatever it is
 */
export async function otherHalf(directory: string, half: Half, content: unknown): Promise<CheckFinding[]> {
  const other: Half = half === 'software' ? 'infrastructure' : 'software';
  const elsewhere = `is not read here: the tenant's project with ${other === 'software' ? 'the software' : 'infrastructure/'} has it`;
  const keys = Object.keys(Object(content)).filter((key) => softwareKeys.includes(key) === (other === 'software'));
  const found = await stat(join(directory, other)).catch(() => undefined);
  return [
    ...keys.map((path): CheckFinding => ({ severity: 'fault', file: 'vendhost.yml', path, message: elsewhere })),
    ...(found === undefined ? [] : [{ severity: 'warning' as const, file: `${other}/`, path: '', message: elsewhere }]),
  ];
}
