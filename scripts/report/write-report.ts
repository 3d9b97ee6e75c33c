import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf, VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';

/**
 * Writes a report to a file, creates its folders, and says so; does nothing without a name.
 * @param file path from the working directory
 * Throws `REPORT_UNWRITABLE`.
 */
export async function writeReportFile(
  { cwd, out }: Runtime,
  file: string | undefined,
  text: () => string,
): Promise<void> {
  if (file === undefined) return;
  const whole = resolve(cwd, file);
  try {
    await mkdir(dirname(whole), { recursive: true });
    await writeFile(whole, text());
  } catch (cause) {
    throw new VendhostError('REPORT_UNWRITABLE', `cannot write ${file}: ${messageOf(cause)}`, {
      hint: 'name a file in a folder that is writable',
      cause,
    });
  }
  out.detail(`wrote ${file}`);
}
