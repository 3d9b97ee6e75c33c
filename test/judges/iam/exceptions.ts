import { z } from 'zod';
import { readConfig } from '../../../scripts/config/load.ts';
import { matches } from '../skips.ts';
import type { Case } from './cases.ts';
import type { Answer } from './simulate.ts';

const exception = z.strictObject({
  /** Names of the cases it answers for; a `*` stands for any text. */
  cases: z.string().min(1),
  /** Letter of the finding, where one is open. */
  finding: z
    .string()
    .regex(/^[A-Z]\d?$/, 'the letter of a finding, like A1')
    .optional(),
  /** Must convince whoever reviews the security of the roles. */
  reason: z.string().trim().min(20),
});

export type Exception = z.output<typeof exception>;

/** Reads a list of exceptions; throws a `VendhostError` that names every fault of the file. */
export function readExceptions(file: string): Promise<Exception[]> {
  return readConfig(file, z.array(exception));
}

export interface Judged {
  readonly case: Case;
  readonly answer: Answer;
}

export interface Judgement {
  /** Cases that came out otherwise than expected, or undecided, and no exception answers for. */
  readonly faults: readonly Judged[];
  /** Exceptions that answer for no case. */
  readonly unused: readonly Exception[];
}

/** What is wrong: `open` answers for attacks that are allowed, `undecided` for cases the simulator cannot say. */
export function judge(
  judged: readonly Judged[],
  { open, undecided }: { readonly open: readonly Exception[]; readonly undecided: readonly Exception[] },
): Judgement {
  const used = new Set<Exception>();
  const answered = (list: readonly Exception[], { name }: Case) => {
    const found = list.find((each) => matches(each.cases, name));
    if (found !== undefined) used.add(found);
    return found !== undefined;
  };
  const faults = judged.filter(({ case: tried, answer }) => {
    if (answer.verdict === tried.expected) return false;
    if (answer.verdict === 'undecided') return !answered(undecided, tried);
    return !(tried.expected === 'denied' && answered(open, tried));
  });
  return { faults, unused: [...open, ...undecided].filter((each) => !used.has(each)) };
}
