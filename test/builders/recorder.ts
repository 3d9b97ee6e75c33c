import { Output } from '../../scripts/output.ts';
import type { Runtime } from '../../scripts/runtime.ts';

/** A runtime that keeps what the command would print. */
export interface Recorder extends Runtime {
  /** Lines of stderr so far. */
  readonly progress: () => string[];
  /** Text of stdout so far. */
  readonly printed: () => string;
}

export interface RecorderOptions {
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  readonly verbose?: boolean;
  /** Gets each text of stderr as it is written. */
  readonly onProgress?: ((text: string) => void) | undefined;
}

/** A runtime for tests: its own environment, nothing of the process. Results are printed as JSON. */
export function recorder(
  env: Readonly<Record<string, string | undefined>> = {},
  { cwd = '/', signal = new AbortController().signal, verbose = false, onProgress }: RecorderOptions = {},
): Recorder {
  let stdout = '';
  let stderr = '';
  const out = new Output({
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
      onProgress?.(text);
    },
    json: true,
    verbose,
  });
  return { env, cwd, signal, out, progress: () => stderr.split('\n').filter(Boolean), printed: () => stdout };
}
