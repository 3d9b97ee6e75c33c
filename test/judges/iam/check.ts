import { join } from 'node:path';
import { type Judged, judge, readExceptions } from './exceptions.ts';
import { ask } from './run.ts';
import { Simulator } from './simulate.ts';
import { attacks, legitimate } from './tables.ts';
import type { World } from './world.ts';

export interface IamReport {
  /** How much was asked, in a line. */
  readonly summary: string;
  /** What is wrong, a line each. */
  readonly faults: readonly string[];
}

/** Asks the simulator about every attack and every legitimate call, and says what came out otherwise than it should. */
export async function checkIam(world: World): Promise<IamReport> {
  const [open, undecided] = await Promise.all(
    ['known-open.yml', 'undecided.yml'].map((file) => readExceptions(join(import.meta.dirname, file))),
  );
  const simulator = new Simulator(world);
  const cases = { attacks: attacks(), legitimate: legitimate() };
  const judged = await ask(simulator, [...cases.attacks, ...cases.legitimate]);
  const { faults, unused } = judge(judged, { open: open ?? [], undecided: undecided ?? [] });
  const known = judged.filter(
    ({ case: { expected }, answer }) => expected === 'denied' && answer.verdict === 'allowed',
  );
  const numbers = `${cases.attacks.length} attacks, ${cases.legitimate.length} legitimate calls`;
  return {
    summary: `IAM simulator: ${numbers}, ${known.length} attacks allowed, ${faults.length + unused.length} open`,
    faults: [
      ...faults.map(faultLine),
      ...unused.map(({ cases: pattern }) => `"${pattern}" answers for no case: take it out`),
    ],
  };
}

function faultLine({ case: { name, expected, because }, answer }: Judged): string {
  const why = answer.why === '' ? '' : ` (${answer.why})`;
  return `${name}: ${answer.verdict}, should be ${expected}: ${because}${why}`;
}
