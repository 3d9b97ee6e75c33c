import { matchesPath } from './path-pattern.ts';
import { isTrue, type Variables } from './rule-expression.ts';

/** One entry of `rules:`, of a job or of `workflow:` (https://docs.gitlab.com/ci/yaml/#rules). */
export interface Rule {
  readonly if?: string;
  readonly changes?: readonly string[] | { readonly paths?: readonly string[] };
  readonly exists?: readonly string[] | { readonly paths?: readonly string[] };
  readonly when?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

export interface Circumstances {
  readonly variables: Variables;
  /** What `rules:changes` looks at; `undefined` makes each such rule true. */
  readonly changed: readonly string[] | undefined;
  /** Files of the checkout, for `rules:exists`. */
  readonly files: readonly string[];
}

/** What a list of rules comes to. */
export interface Decision {
  /** Number of the rule that decided, from 1; 0 when none did. */
  readonly rule: number;
  /** The rule in words. */
  readonly why: string;
  /** Whether there is a job, or a pipeline. */
  readonly runs: boolean;
  readonly when: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** The first rule that holds decides; if none does, there is no job. Throws a `SyntaxError` for an expression that is none. */
export function decide(rules: readonly Rule[], circumstances: Circumstances, otherwise = 'on_success'): Decision {
  const at = rules.findIndex((rule) => holds(rule, circumstances));
  const rule = rules[at];
  if (rule === undefined) return { rule: 0, why: 'no rule matches', runs: false, when: 'never', variables: {} };
  const when = rule.when ?? otherwise;
  const variables = Object.entries(rule.variables ?? {}).map(([name, value]) => [name, String(value)]);
  return { rule: at + 1, why: inWords(rule), runs: when !== 'never', when, variables: Object.fromEntries(variables) };
}

function holds(rule: Rule, { variables, changed, files }: Circumstances): boolean {
  if (rule.if !== undefined && !isTrue(rule.if, variables)) return false;
  if (rule.changes !== undefined && changed !== undefined && !anyMatches(rule.changes, changed)) return false;
  return rule.exists === undefined || anyMatches(rule.exists, files);
}

function anyMatches(patterns: NonNullable<Rule['changes']>, paths: readonly string[]): boolean {
  return pathsOf(patterns).some((pattern) => paths.some((path) => matchesPath(pattern, path)));
}

function pathsOf(patterns: NonNullable<Rule['changes']>): readonly string[] {
  return 'paths' in patterns ? (patterns.paths ?? []) : (patterns as readonly string[]);
}

function inWords({ if: condition, changes, exists, when }: Rule): string {
  const parts = [
    ...(condition === undefined ? [] : [`if ${condition.trim().replaceAll(/\s+/g, ' ')}`]),
    ...(changes === undefined ? [] : [`changes ${pathsOf(changes).join(', ')}`]),
    ...(exists === undefined ? [] : [`exists ${pathsOf(exists).join(', ')}`]),
  ];
  return [...parts, ...(when === undefined ? [] : [`when: ${when}`])].join(' → ') || 'always';
}
