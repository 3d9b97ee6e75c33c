import { readFile } from 'node:fs/promises';

/** The version of this library, whose tag the files include. */
export async function libraryVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
