/** An output of a stack that is deployed earlier; `expected` is its present value, if the stack exists. */
export interface StackOutput {
  readonly stack: string;
  readonly output: string;
  readonly expected?: string;
}

/** A value in a plan: a text when it is known, else where it will come from. */
export type PlannedValue = string | StackOutput;

/** Values that became known while a plan was applied. */
export interface Learned {
  /** Outputs of the stacks deployed, by stack name. */
  readonly outputs: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

/** Nothing known yet: values are the expected ones. */
export const nothingLearned: Learned = { outputs: new Map() };

/** The values known so far, without the unknown ones. */
export function knownValues(
  values: Readonly<Record<string, PlannedValue>>,
  learned: Learned = nothingLearned,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const known = knownValue(value, learned);
      return known === undefined ? [] : [[name, known]];
    }),
  );
}

/** Whether one of the values differs from what the plan expected, or the plan expected none. */
export function isSurprising(values: Readonly<Record<string, PlannedValue>>, learned: Learned): boolean {
  return Object.values(values).some((value) => knownValue(value, learned) !== knownValue(value, nothingLearned));
}

function knownValue(value: PlannedValue, { outputs }: Learned): string | undefined {
  if (typeof value === 'string') return value;
  return outputs.get(value.stack)?.[value.output] ?? value.expected;
}
