import type { Case } from './cases.ts';
import type { Judged } from './exceptions.ts';
import type { Answer, Simulator } from './simulate.ts';

/** Asks about every case. A chain is refused when one of its calls is; else it is undecided when one of them is. */
export async function ask(simulator: Simulator, cases: readonly Case[]): Promise<Judged[]> {
  const judged: Judged[] = [];
  for (const each of cases) judged.push({ case: each, answer: await chain(simulator, each) });
  return judged;
}

async function chain(simulator: Simulator, { name, steps }: Case): Promise<Answer> {
  const answers: Answer[] = [];
  for (const step of steps) {
    try {
      answers.push(await simulator.ask(step));
    } catch (error) {
      throw new Error(`"${name}": ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
  return (
    answers.find(({ verdict }) => verdict === 'denied') ??
    answers.find(({ verdict }) => verdict === 'undecided') ?? { verdict: 'allowed', why: '' }
  );
}
