import { readFile } from 'node:fs/promises';
import type { CheckFinding } from './findings.ts';
import { checkScriptFile } from './shell-scripts.ts';

/** Reads a hook's script and reports what would stop it from running, or keep its event from ending. */
export async function checkHookScript(from: string, file: string): Promise<CheckFinding[]> {
  const findings = await checkScriptFile(from, file);
  const line = backgroundLine(await readFile(from, 'latin1'));
  if (line === undefined) return findings;
  const message =
    'leaves a process in the background that keeps the output open: CodeDeploy waits for it until the time-out, then fails; add > FILE 2>&1 before the &';
  return [...findings, { severity: 'warning', file, line, path: '', message }];
}

/**
 * The first line that ends with `&` and leaves stdout or stderr as they are. Nothing when the script waits for such processes,
 * or redirects its own output before.
 */
function backgroundLine(text: string): number | undefined {
  if (!/^(#!.*\b(ba|da|k|z)?sh\b|(?!#!))/.test(text) || text.includes('\u0000')) return undefined;
  const lines = text.split('\n');
  if (lines.some((line) => /^\s*(wait|exec\s+.*>)/.test(line))) return undefined;
  let joined = '';
  for (const [index, line] of lines.entries()) {
    const command = joined + line.replace(/(^|\s)#.*$/, '').trimEnd();
    joined = command.endsWith('\\') ? `${command.slice(0, -1)} ` : '';
    if (joined === '' && isLeftOpen(command)) return index + 1;
  }
  return undefined;
}

function isLeftOpen(command: string): boolean {
  if (!/[^&|<>;\s\\]\s*&$/.test(command)) return false;
  const last = command.split(/&&|\|\||;/).at(-1) ?? '';
  const both = /&>|>&(?!\d)/.test(last);
  const out = /(^|[^0-9&])1?>/.test(last.replaceAll(/2>&?\s*\S*/g, ''));
  const error = /2>/.test(last);
  return !both && !(out && error);
}
