import { join, relative } from 'node:path';
import { execa } from 'execa';
import { jsonIn } from '../../aws/read-stored.ts';
import { duration } from '../../output.ts';
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

/** Files that are not on the machine of the job are no finding: SC1090 and SC1091 say that ShellCheck cannot follow them. */
const options = ['--format=json1', '--external-sources', '--source-path=SCRIPTDIR', '--exclude=SC1090,SC1091'];

/**
 * What ShellCheck says about scripts. A fault is what bash itself would stop at: what ShellCheck could not parse
 * (https://www.shellcheck.net/wiki/Checks, SC1000 to SC1999) and `bash -n` cannot either. Without ShellCheck on the PATH that is reported, as
 * `unknown`.
 *
 * @param id prefix of the findings' ids
 * @param files paths in the repository
 */
export async function shellcheckFindings(
  runtime: Runtime,
  id: string,
  directory: string,
  files: readonly string[],
): Promise<Finding[]> {
  if (files.length === 0) return [];
  const result = await runTool(runtime, directory, 'shellcheck', [...options, '--', ...files]);
  // 0: nothing found, 1: something found.
  if (result.exitCode !== 0 && result.exitCode !== 1) return [unchecked(id, result)];
  const comments = commentsIn(result.stdout);
  if (comments === undefined) return [unchecked(id, result)];
  const suspects = new Set(comments.filter(isParseError).map(({ file }) => file));
  const broken = new Set<string>();
  for (const file of suspects) {
    const { exitCode } = await runTool(runtime, directory, 'bash', ['-n', '--', file]);
    if (exitCode === 1 || exitCode === 2) broken.add(file);
  }
  const inRepository = relative(runtime.cwd, directory);
  const seen = new Map<string, number>();
  return comments.map((comment) => {
    // Numbered, not by line: a comment that moved is no new one.
    const what = `${comment.file}/SC${comment.code}`;
    const number = (seen.get(what) ?? 0) + 1;
    seen.set(what, number);
    const stops = isParseError(comment) && broken.has(comment.file);
    return commentFinding(`${id}/shellcheck/${what}/${number}`, inRepository, comment, stops);
  });
}

/** `undefined` for anything that is no ShellCheck output: another program has its name, or a wrapper prints more. */
function commentsIn(text: string): readonly Comment[] | undefined {
  const answer = jsonIn(text) as { comments?: unknown } | null | undefined;
  return Array.isArray(answer?.comments) ? answer.comments : undefined;
}

interface Ran {
  readonly stdout: string;
  readonly exitCode?: number | undefined;
  readonly code?: string | undefined;
  readonly timedOut: boolean;
}

/** Without standard input: ShellCheck follows `source /dev/stdin`, and would wait for its end. */
async function runTool({ env, signal }: Runtime, cwd: string, program: string, words: readonly string[]): Promise<Ran> {
  return await execa(program, words, {
    cwd,
    env: { PATH: env.PATH, LANG: 'C.UTF-8' },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: limitMs,
    cancelSignal: signal,
  });
}

function unchecked(id: string, { exitCode, code, timedOut }: Ran): Finding {
  const isAbsent = code === 'ENOENT';
  const why = isAbsent
    ? 'there is no shellcheck on the PATH'
    : timedOut
      ? `shellcheck did not end within ${duration(limitMs)}`
      : exitCode === 0 || exitCode === 1
        ? 'shellcheck answered with something else than JSON'
        : `shellcheck ended with ${exitCode ?? code}`;
  const next = isAbsent
    ? "use Vendhost's runner image, or install ShellCheck in yours"
    : `run it on your machine: shellcheck ${options.slice(1).join(' ')}`;
  return {
    id: `${id}/shellcheck`,
    gravity: 'unknown',
    title: `the scripts were not checked by ShellCheck: ${why}`,
    next,
  };
}

/** SC1071 is a script of another language, which ShellCheck does not read at all. */
function isParseError({ level, code }: Comment): boolean {
  return level === 'error' && code >= 1000 && code < 2000 && code !== 1071;
}

function commentFinding(
  id: string,
  folder: string,
  { file, line, level, code, message }: Comment,
  stops: boolean,
): Finding {
  return {
    id,
    gravity: stops ? 'fault' : 'change',
    title: `ShellCheck SC${code} (${level}): ${message.replace(/\.$/, '')}`,
    at: { file: join(folder, file), line },
  };
}
