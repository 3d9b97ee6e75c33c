import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended, vendhost } from '../command-line.ts';

/** A folder of this test. */
export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vendhost-init-'));
  return folder;
}

/** What checks of a repository end with and warn of: nothing, if all is right. */
export async function complaints(cwd: string, commands: readonly (readonly string[])[]): Promise<string[]> {
  const ended: Ended[] = [];
  for (const words of commands) ended.push(await vendhost(words, { cwd }));
  return ended.flatMap(({ code, stderr }, at) => {
    const lines = stderr.split('\n').filter((line) => line !== '' && !/^checking the \w+ repository in /.test(line));
    return code === 0 && lines.length === 0 ? [] : [`${commands[at]?.join(' ')}: ${code}`, ...lines];
  });
}

/** Every way to choose one value of each list. */
export function combinations<T>(lists: readonly (readonly T[])[]): T[][] {
  return lists.reduce<T[][]>((all, list) => all.flatMap((chosen) => list.map((each) => [...chosen, each])), [[]]);
}
