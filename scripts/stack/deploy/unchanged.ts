import { isDeepStrictEqual } from 'node:util';
import { type Assembly, stackSettings, type Template } from '../assembly.ts';
import { readTemplate } from '../stack-plan.ts';
import { isGood, type StackState } from '../stack-state.ts';

/** What a deploy wants a stack to be. */
export interface Wanted {
  readonly template: Template;
  readonly parameters: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly terminationProtection: boolean;
}

/**
 * Whether a stack already is what a deploy wants. Two calls find that out; CloudFormation would write events of an update first.
 */
export async function isUnchanged(
  assembly: Assembly,
  stack: string,
  state: StackState,
  parameters: Wanted['parameters'] = {},
): Promise<boolean> {
  const template = assembly.templates.get(stack) ?? {};
  const wanted = { template, parameters, ...stackSettings(assembly, stack) };
  return (
    matches(state, wanted) && isDeepStrictEqual(plain(template), plain(await readTemplate(assembly.aws, state.id)))
  );
}

/** Everything but the template, which needs another call. */
export function matches(state: StackState, { template, parameters, tags, terminationProtection }: Wanted): boolean {
  const declared = Object.entries(template.Parameters ?? {});
  return (
    isGood(state.status) &&
    state.terminationProtection === terminationProtection &&
    isDeepStrictEqual(state.tags, { ...tags }) &&
    // Every update looks their values up again.
    !declared.some(([, { Type }]) => Type?.startsWith('AWS::SSM::Parameter::Value')) &&
    declared.every(([name]) => parameters[name] === undefined || parameters[name] === state.parameters[name])
  );
}

/** As JSON has it: without keys that are `undefined`. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null));
}
