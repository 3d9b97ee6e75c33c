import type { z } from 'zod';
import { branchName, defaultBranches } from '../config/environment.ts';
import { wordsIn } from './by-environment.ts';
import type { Check } from './questions.ts';

/** A check of a single text, by a schema or by a pattern; `needed` describes a valid text if the schema does not. */
export function checkedBy(allowed: z.ZodType | RegExp, needed?: string): Check {
  return (answer) => {
    if (allowed instanceof RegExp) return allowed.test(answer) ? undefined : needed;
    const parsed = allowed.safeParse(answer);
    return parsed.success ? undefined : (needed ?? parsed.error.issues.map(({ message }) => message).join(', '));
  };
}

/** At least one word, each of which passes. */
export function listedBy(check: Check): Check {
  return (answer, answers) => {
    const words = wordsIn(answer);
    if (words.length === 0) return 'at least one';
    return words.map((word) => check(word, answers)).find((needed) => needed !== undefined);
  };
}

/** Tags of runners: GitLab separates them by commas, so none contains one. */
export const runnerTags = listedBy(checkedBy(/^[^,]+$/, 'tags separated by spaces, without commas'));

/** The branch of production, which no other environment has. */
export const productionBranch: Check = (answer, answers) => {
  const other = (['dev', 'staging'] as const).find((environment) => defaultBranches[environment] === answer);
  return other === undefined ? checkedBy(branchName)(answer, answers) : `a branch of its own: that one is ${other}'s`;
};

/** The options of a command that are texts. */
export function namedIn(options: Readonly<Record<string, unknown>>): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(
    Object.entries(options).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  );
}
