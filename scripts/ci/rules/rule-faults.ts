import { shownValue } from '../../config/issues.ts';
import { isMapping } from '../merged-jobs.ts';
import { checkExpression } from './rule-expression.ts';

/** Keys and values of `when` by where the rules are (https://docs.gitlab.com/ci/yaml/#rules). */
const places = {
  job: {
    keys: [
      'if',
      'changes',
      'exists',
      'when',
      'start_in',
      'allow_failure',
      'variables',
      'needs',
      'auto_cancel',
      'interruptible',
    ],
    when: ['on_success', 'on_failure', 'always', 'never', 'manual', 'delayed'],
  },
  workflow: { keys: ['if', 'changes', 'exists', 'when', 'variables', 'auto_cancel'], when: ['always', 'never'] },
  include: { keys: ['if', 'changes', 'exists', 'when'], when: ['always', 'never'] },
} as const;

/** Keys allowed next to `paths`; the values are not checked. */
const besidePaths = { changes: ['compare_to'], exists: ['project', 'ref'] } as const;
/** https://docs.gitlab.com/ci/yaml/#ruleschanges */
const mostPaths = 50;

/** What GitLab would refuse in `rules:`, each with the owner, the rule's number, the wrong value and what is allowed. */
export function ruleFaults(owner: string, rules: unknown, place: keyof typeof places): string[] {
  if (rules === undefined || rules === null) return [];
  if (!Array.isArray(rules)) return [`${owner}: rules: ${shownValue(rules)} is wrong: must be a list`];
  return rules.flatMap((rule, index) =>
    faultsIn(rule, place).map((fault) => `${owner}: rules: rule ${index + 1}: ${fault}`),
  );
}

function faultsIn(rule: unknown, place: keyof typeof places): string[] {
  const { keys, when } = places[place];
  if (!isMapping(rule) || Object.keys(rule).length === 0) return [wrong(rule, `a mapping with ${keys.join(', ')}`)];
  const unknown = Object.keys(rule).filter((key) => !(keys as readonly string[]).includes(key));
  const isAllowed = rule.when === undefined || rule.when === null || (when as readonly unknown[]).includes(rule.when);
  return [
    ...unknown.map((key) => `${key}: unknown key: must be one of ${keys.join(', ')}`),
    ...expressionFaults(rule.if),
    ...(['changes', 'exists'] as const).flatMap((key) => (key in rule ? pathFaults(key, rule[key]) : [])),
    ...(isAllowed ? [] : [`when: ${wrong(rule.when, `one of ${when.join(', ')}`)}`]),
    ...(isMapping(rule.variables ?? {}) ? [] : [`variables: ${wrong(rule.variables, 'a mapping')}`]),
    ...(Array.isArray(rule.needs ?? []) ? [] : [`needs: ${wrong(rule.needs, 'a list of jobs')}`]),
  ];
}

function expressionFaults(expression: unknown): string[] {
  if (expression === undefined || expression === null) return [];
  if (typeof expression !== 'string') {
    return [`if: ${wrong(expression, 'an expression, such as $CI_COMMIT_BRANCH == "main"')}`];
  }
  try {
    checkExpression(expression);
    return [];
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return [`if: ${shownValue(expression)} is wrong: ${error.message}`];
  }
}

function pathFaults(key: keyof typeof besidePaths, value: unknown): string[] {
  const beside: readonly string[] = besidePaths[key];
  const unknown = isMapping(value) ? Object.keys(value).filter((one) => ![...beside, 'paths'].includes(one)) : [];
  const paths = isMapping(value) ? value.paths : value;
  const at = isMapping(value) ? `${key}: paths` : key;
  const allowed = `a list of at most ${mostPaths} texts${isMapping(value) ? '' : `, or a mapping with paths, ${beside.join(', ')}`}`;
  return [
    ...unknown.map((one) => `${key}: ${one}: unknown key: must be one of paths, ${beside.join(', ')}`),
    ...(Array.isArray(paths) && paths.length <= mostPaths ? [] : [`${at}: ${wrong(paths, allowed)}`]),
    ...[Array.isArray(paths) ? paths : []]
      .flat()
      .filter((path) => typeof path !== 'string')
      .map((path) => `${at}: ${wrong(path, 'a text')}`),
  ];
}

function wrong(value: unknown, allowed: string): string {
  return value === undefined || value === null
    ? `is blank: must be ${allowed}`
    : `${shownValue(value)} is wrong: must be ${allowed}`;
}
