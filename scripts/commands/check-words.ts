import type { Argv } from 'yargs';
import { VendhostError } from '../errors.ts';

/** Throws `USAGE` when words follow --, for a command that takes none: yargs would ignore them, and the command would do something else than requested. */
export function checkSeparator(words: readonly string[]): void {
  const [, after] = words.slice(words.indexOf('--'));
  if (!words.includes('--') || after === undefined) return;
  throw usage(`"${after}" follows --: only host run takes words after it`, 'leave -- out');
}

/** The words before --: the rest is not Vendhost's. */
function ownWords(words: readonly string[]): readonly string[] {
  return words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
}

/** What yargs knows about the options of the command it parses; its types omit it. */
interface Known {
  readonly string: readonly string[];
  /** Has a key for each option that requires a value. */
  readonly narg: Readonly<Record<string, unknown>>;
}

/**
 * Checks what yargs lets pass: any value of a switch other than true counts as false, --no-NAME turns a text into false, and a text may be
 * empty, for example from an unset variable. Throws `USAGE`.
 */
export function checkOptions(words: readonly string[], args: Readonly<Record<string, unknown>>, parser: Argv): void {
  const { string: texts, narg } = (parser as unknown as { getOptions(): Known }).getOptions();
  for (const word of ownWords(words)) {
    const [, no = '', name = '', value] = /^--(no-)?([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (no !== '' && texts.includes(name)) throw usage(`${word} is wrong: --${name} takes a value`, leaveOut(name));
    if (typeof args[name] !== 'boolean' || value === undefined || value === 'true' || value === 'false') continue;
    throw usage(`"${value}" is wrong: --${name} must be true or false`, `give --${name}, or leave it out`);
  }
  const empty = Object.keys(narg).find((name) => args[name] === '');
  if (empty !== undefined) throw usage(`--${empty} is empty`, leaveOut(empty));
}

function leaveOut(name: string): string {
  return `give --${name} a value, or leave it out`;
}

function usage(message: string, hint: string): VendhostError {
  return new VendhostError('USAGE', message, { hint });
}
