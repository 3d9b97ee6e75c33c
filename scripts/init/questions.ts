import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';

/** Something that starting files need to know: an option of the command, or a question at a terminal. */
export interface Question {
  /** Name of the option. */
  readonly key: string;
  readonly text: string;
  /** The default; a question without one must be answered. */
  readonly preset?: string;
  /** Key of an earlier question: this one is asked only if that was answered. */
  readonly after?: string;
}

/** Answers by key; empty for those that nobody needs. */
export type Answers = Readonly<Record<string, string>>;

/** Says what an answer must be, and nothing about a valid one. The answers are the earlier ones. */
export type Check = (answer: string, answers: Answers) => string | undefined;
export type Checks = Readonly<Record<string, Check | undefined>>;

/**
 * Takes the answers from options, and asks for the others if somebody can answer; otherwise presets count. Throws `USAGE` with every
 * option that is missing or wrong.
 */
export async function answersTo(
  { ask, out }: Pick<Runtime, 'ask' | 'out'>,
  questions: readonly Question[],
  checks: Checks,
  given: Readonly<Record<string, string | undefined>>,
): Promise<Answers> {
  const answers: Record<string, string> = {};
  const faults: string[] = [];
  for (const question of questions) {
    const { key, text, preset, after } = question;
    const faultOf = (answer: string) => {
      const needed = answer === preset ? undefined : checks[key]?.(answer, answers);
      return needed === undefined ? undefined : `"${answer}" is wrong: must be ${needed}`;
    };
    const isNeeded = after === undefined || (answers[after] ?? '') !== '';
    const option = given[key];
    if (option !== undefined) {
      const fault = isNeeded ? faultOf(option) : `is for --${after} only`;
      if (fault !== undefined) faults.push(`--${key}: ${fault}`);
      answers[key] = option;
    } else if (!isNeeded) {
      answers[key] = '';
    } else if (ask !== undefined && faults.length === 0) {
      answers[key] = await asked(ask, question, (fault) => out.warn(fault), faultOf);
    } else {
      if (preset === undefined) faults.push(`--${key}: missing: ${text}`);
      answers[key] = preset ?? '';
    }
  }
  if (faults.length === 0) return answers;
  throw new VendhostError('USAGE', faults.length === 1 ? `${faults[0]}` : `${faults.length} options are to be set`, {
    details: faults.length === 1 ? [] : faults,
    hint: 'set them, or run the command at a terminal, where it asks',
  });
}

/** Asks until the answer is valid. */
async function asked(
  ask: NonNullable<Runtime['ask']>,
  { text, preset }: Question,
  warn: (fault: string) => void,
  faultOf: (answer: string) => string | undefined,
): Promise<string> {
  for (;;) {
    const shown = preset === undefined ? text : `${text} [${preset === '' ? 'empty' : preset}]`;
    const answer = (await ask(`${shown}:`)).trim() || (preset ?? '');
    const fault = faultOf(answer);
    if (fault === undefined) return answer;
    warn(fault);
  }
}
