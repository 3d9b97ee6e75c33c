import { type Process, run } from '../../scripts/cli.ts';

/** How a command line ended: its exit code and what it printed. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command line as the executable would, within this process. */
export async function vendhost(words: readonly string[], parts: Partial<Process> = {}): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  const code = await run(words, {
    env: {},
    cwd: '/',
    signal: new AbortController().signal,
    ...parts,
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
      parts.stderr?.(text);
    },
  });
  return { code, stdout, stderr };
}

/** The code and message of the error a command line ended with, `undefined` when it ended well. */
export function errorIn({ stderr }: Ended): string | undefined {
  return /^error\[(\w+)\]/m.exec(stderr)?.[1];
}
