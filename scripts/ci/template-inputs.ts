import { shownValue } from '../config/issues.ts';
import { re2Pattern } from './rules/re2-pattern.ts';

/** One input of `spec:inputs` (https://docs.gitlab.com/ci/yaml/#specinputs). */
export interface Input {
  readonly description?: string;
  readonly type?: 'string' | 'number' | 'boolean' | 'array';
  readonly default?: unknown;
  readonly options?: readonly unknown[];
  readonly regex?: string;
}
export type TemplateInputs = Readonly<Record<string, unknown>>;

/** The given inputs, with a template's defaults for the others. */
export function withDefaults(declared: Readonly<Record<string, Input>>, given: TemplateInputs): TemplateInputs {
  const defaults = Object.entries(declared).map(([name, input]) => [name, input.default]);
  return { ...Object.fromEntries(defaults.filter(([, value]) => value !== undefined)), ...given };
}

/** A given input that is deprecated: what to do instead, from its description (docs/releasing.md). */
export interface DeprecatedInput {
  readonly input: string;
  readonly instead: string;
}

/** Inputs that an include gives and whose description begins with `Deprecated:`; GitLab has no keyword for it. */
export function deprecatedInputs(
  declared: Readonly<Record<string, Input>>,
  given: TemplateInputs,
): readonly DeprecatedInput[] {
  return Object.keys(given).flatMap((input) => {
    const instead = /^Deprecated: (.+)$/s.exec(declared[input]?.description ?? '')?.[1];
    return instead === undefined ? [] : [{ input, instead }];
  });
}

/** What GitLab would refuse in the inputs that an include gives; empty when nothing. */
export function inputFaults(declared: Readonly<Record<string, Input>>, given: TemplateInputs): string[] {
  const unknown = Object.keys(given).filter((name) => !(name in declared));
  const wrong = Object.entries(declared).flatMap(([name, input]) => {
    const value = given[name] ?? input.default;
    if (value === undefined) return [`${name}: missing: ${input.description ?? 'required'}`];
    const allowed = allowedOf(input, value);
    return allowed === undefined ? [] : [`${name}: ${shownValue(value)} is wrong: must be ${allowed}`];
  });
  return [...unknown.map((name) => `${name}: there is no such input`), ...wrong];
}

function allowedOf({ type = 'string', options, regex }: Input, value: unknown): string | undefined {
  const isType = type === 'array' ? Array.isArray(value) : typeof value === type;
  if (!isType) return `of type ${type}`;
  if (Array.isArray(options) && !options.includes(value)) return `one of ${options.join(', ')}`;
  return typeof regex === 'string' && !matchesInput(regex, String(value)) ? `like ${regex}` : undefined;
}

/** GitLab decides what only RE2 can match; what RE2 refuses matches nothing. */
function matchesInput(regex: string, text: string): boolean {
  try {
    return re2Pattern(regex, '')?.test(text) ?? true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** Inserts inputs into a template's text, as GitLab does before it reads the YAML; anything but a text becomes JSON. */
export function withInputs(text: string, declared: Readonly<Record<string, Input>>, given: TemplateInputs): string {
  return text.replaceAll(/\$\[\[\s*inputs\.(\w+)\s*\]\]/g, (_, name: string) => {
    const value = given[name] ?? declared[name]?.default;
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}
