import { type Environment, environments } from '../config/environment.ts';
import type { Check } from './questions.ts';

/** The environments in an answer, in their own order. */
export function chosenIn(answer: string): Environment[] {
  const words = wordsIn(answer);
  return environments.filter((environment) => words.includes(environment));
}

export function wordsIn(answer: string): string[] {
  return answer.split(/\s+/).filter((word) => word !== '');
}

/** The value of each environment: `VALUE` for all, or `dev=VALUE production=VALUE`; `undefined` if none is given. */
export function valueIn(answer: string, environment: Environment): string | undefined {
  const words = wordsIn(answer);
  const [only] = words;
  if (words.length === 1 && only !== undefined && named(only) === undefined) return only;
  return words.flatMap((word) => named(word) ?? []).findLast((each) => each.environment === environment)?.value;
}

/** Checks the value of each environment in `environments` separately; `isPartial` lets some have none. */
export function eachEnvironment(check: Check, { isPartial = false } = {}): Check {
  return (answer, answers) => {
    const chosen = chosenIn(answers.environments ?? '');
    const words = wordsIn(answer);
    const unknown = words.length > 1 && words.some((word) => named(word) === undefined);
    const missing = chosen.some((environment) => valueIn(answer, environment) === undefined);
    if (unknown || (missing && !isPartial)) {
      return `one value for all environments, or "${chosen.map((environment) => `${environment}=VALUE`).join(' ')}"`;
    }
    for (const environment of chosen) {
      const value = valueIn(answer, environment);
      const needed = value === undefined ? undefined : check(value, answers);
      if (needed !== undefined) return needed;
    }
    return undefined;
  };
}

function named(word: string): { environment: Environment; value: string } | undefined {
  const environment = environments.find((each) => word.startsWith(`${each}=`));
  return environment === undefined ? undefined : { environment, value: word.slice(environment.length + 1) };
}
