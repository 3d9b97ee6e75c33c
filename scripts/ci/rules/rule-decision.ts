import { matchesPath } from './path-pattern.ts';
import { isTrue, type PipelineVariables } from './rule-expression.ts';

type Patterns = readonly string[] | { readonly paths: readonly string[] };

/** One entry of `rules:`, of a job or of `workflow:` (https://docs.gitlab.com/ci/yaml/#rules). */
export interface Rule {
  readonly if?: string | null;
  readonly changes?: Patterns | null;
  readonly exists?: Patterns | null;
  readonly when?: string | null;
  readonly variables?: Readonly<Record<string, unknown>> | null;
  readonly needs?: unknown;
}

export interface Circumstances {
  readonly variables: PipelineVariables;
  /** What `rules:changes` reads; `undefined` makes each such rule true. */
  readonly changed: readonly string[] | undefined;
  /** Files of the checkout, for `rules:exists`. */
  readonly files: readonly string[];
}

/** The result of a list of rules. */
export interface RuleDecision {
  /** Number of the rule that decided, from 1; 0 when none did. */
  readonly rule: number;
  /** The rule in words. */
  readonly why: string;
  /** Whether there is a job, or a pipeline. */
  readonly runs: boolean;
  readonly when: string;
  readonly variables: Readonly<Record<string, string>>;
  /** `needs` of the rule, in place of the job's. */
  readonly needs?: unknown;
}

/** The first rule that matches decides; if none does, there is no job. Expects rules without faults. */
export function decideRules(
  rules: readonly Rule[],
  circumstances: Circumstances,
  otherwise = 'on_success',
): RuleDecision {
  const at = rules.findIndex((rule) => holds(rule, circumstances));
  const rule = rules[at];
  if (rule === undefined) return { rule: 0, why: 'no rule matches', runs: false, when: 'never', variables: {} };
  const when = rule.when ?? otherwise;
  const variables = Object.entries(rule.variables ?? {}).map(([name, value]) => [name, String(value)]);
  return {
    rule: at + 1,
    why: inWords(rule),
    runs: when !== 'never',
    when,
    variables: Object.fromEntries(variables),
    ...(rule.needs === undefined || rule.needs === null ? {} : { needs: rule.needs }),
  };
}

/** `$NAME` and `${NAME}`; an unset variable stays as it is written. */
export function expanded(text: string, variables: PipelineVariables): string {
  return text.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (written, braced, bare) => variables[braced ?? bare] ?? written);
}

function holds(rule: Rule, { variables, changed, files }: Circumstances): boolean {
  if (typeof rule.if === 'string' && !isTrue(rule.if, variables)) return false;
  const anyMatches = (patterns: Patterns, paths: readonly string[]) =>
    pathsOf(patterns)
      .map((pattern) => expanded(pattern, variables))
      .some((pattern) => paths.some((path) => matchesPath(pattern, path)));
  if (rule.changes && changed !== undefined && !anyMatches(rule.changes, changed)) return false;
  return !rule.exists || anyMatches(rule.exists, files);
}

function pathsOf(patterns: Patterns): readonly string[] {
  return 'paths' in patterns ? patterns.paths : patterns;
}

function inWords({ if: condition, changes, exists, when }: Rule): string {
  const parts = [
    ...(condition ? [`if ${condition.trim().replaceAll(/\s+/g, ' ')}`] : []),
    ...(changes ? [`changes ${pathsOf(changes).join(', ')}`] : []),
    ...(exists ? [`exists ${pathsOf(exists).join(', ')}`] : []),
  ];
  return [...parts, ...(when ? [`when: ${when}`] : [])].join(' → ') || 'always';
}
