import { join, relative } from 'node:path';
import { execa } from 'execa';
import type { Finding } from '../../report/report.ts';
import type { Runtime } from '../../runtime.ts';

const limitMs = 120_000;

interface Comment {
  readonly file: string;
  readonly line: number;
  readonly level: 'error' | 'warning' | 'info' | 'style';
  readonly code: number;
  readonly message: string;
}

/**
 * What ShellCheck says of scripts. A fault is what bash itself would stop at: what ShellCheck could not parse
 * (https://www.shellcheck.net/wiki/Checks, SC1000 to SC1999). Without ShellCheck on the PATH that is said, as `unknown`.
 *
 * @param id begins the ids of the findings
 * @param files paths in the repository
 */
export async function shellcheckFindings(
  runtime: Runtime,
  id: string,
  directory: string,
  files: readonly string[],
): Promise<Finding[]> {
  if (files.length === 0) return [];
  const words = ['--format=json1', '--external-sources', '--', ...files];
  const { stdout, exitCode, code } = await execa('shellcheck', words, {
    cwd: directory,
    env: { PATH: runtime.env.PATH, LANG: 'C.UTF-8' },
    extendEnv: false,
    reject: false,
    timeout: limitMs,
    cancelSignal: runtime.signal,
  });
  // 0: nothing found, 1: something found.
  if (exitCode !== 0 && exitCode !== 1) {
    const why = code === 'ENOENT' ? 'there is no shellcheck on the PATH' : `shellcheck ended with ${exitCode ?? code}`;
    return [
      {
        id: `${id}/shellcheck`,
        gravity: 'unknown',
        title: `the scripts were not checked by ShellCheck: ${why}`,
        next: "use Vendhost's runner image, or install ShellCheck in yours",
      },
    ];
  }
  const { comments } = JSON.parse(stdout) as { comments: readonly Comment[] };
  const inRepository = relative(runtime.cwd, directory);
  const seen = new Map<string, number>();
  return comments.map((comment) => {
    // Numbered, not by line: a comment that moved is no new one.
    const what = `${comment.file}/SC${comment.code}`;
    const number = (seen.get(what) ?? 0) + 1;
    seen.set(what, number);
    return commentFinding(`${id}/shellcheck/${what}/${number}`, inRepository, comment);
  });
}

function commentFinding(id: string, folder: string, { file, line, level, code, message }: Comment): Finding {
  const stops = level === 'error' && code >= 1000 && code < 2000;
  return {
    id,
    gravity: stops ? 'fault' : 'change',
    title: `ShellCheck SC${code} (${level}): ${message.replace(/\.$/, '')}`,
    at: { file: join(folder, file), line },
  };
}
