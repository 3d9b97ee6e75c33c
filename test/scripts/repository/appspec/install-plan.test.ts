import { posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { matchesGlob, planInstall } from '../../../../scripts/repository/appspec/install-plan.ts';
import { parseAppSpec } from '../../../../scripts/repository/appspec/parse.ts';
import { treeOf } from '../../../../scripts/repository/appspec/tree.ts';
import { type AgentCase, allCases, revisionOf } from './agent-cases.ts';

const cases = [...(await allCases()).values()].flat();

/** Cases whose plan is the same whatever is on the instance, and whose links are not copied as links. */
const plain = cases.filter(({ agent, there, tree }) => {
  const isLinked = Object.values(tree).some((content) => content.startsWith('-> '));
  return agent.install?.result === 'ok' && there === undefined && !isLinked;
});

function planOf(one: AgentCase) {
  const revision = revisionOf(one);
  const { spec } = parseAppSpec('a', Buffer.from(revision['appspec.yml'] ?? ''));
  const files = Object.keys(revision).map((path) => ({ path, from: path }));
  return spec && planInstall(spec.files, spec.permissions, treeOf(files, '.'));
}

/** The lines of a recorded plan that begin so, without that beginning. */
function lines(one: AgentCase, verb: string): string[] {
  const found = (one.agent.install?.plan ?? []).filter((line) => line.startsWith(`${verb} `));
  return found.map((line) => line.slice(verb.length + 1)).sort();
}

describe("is the agent's", () => {
  const read = plain.flatMap((one) => {
    const plan = planOf(one);
    return plan === undefined || (lines(one, 'copy').length > 0 && plan.copies.size === 0) ? [] : [{ one, plan }];
  });
  test('in most cases that it plans', () => {
    expect(read.length).toBeGreaterThan(150);
  });
  test.each(read.map(({ one, plan }) => [one.name, one, plan] as const))('%s', (_name, one, plan) => {
    const copies = [...plan.copies].map(([to, from]) => `${from} -> ${to}`).sort();
    expect(copies).toEqual(lines(one, 'copy').map((line) => line.replace(/^[^ ]* ?->/, (text) => tidied(text))));
    // The agent also makes what is missing above a destination.
    const made = lines(one, 'mkdir').filter((path) => !isAbove(path, one, plan.folders));
    expect([...plan.folders].sort()).toEqual(made);
    const set = ['chmod', 'chown', 'setfacl', 'semanage'].flatMap((verb) => lines(one, verb));
    const paths = [...new Set(set.map((line) => line.slice(line.indexOf(' /') + 1)))]
      .filter((path) => !isAbove(path, one, plan.folders))
      .sort();
    if (paths.length > 0) expect([...plan.permissions.keys()].sort()).toEqual(paths);
  });
});

/** `/app/../one ->` as `one ->`: the agent keeps a source as it is written. */
function tidied(text: string): string {
  return `${posix.join('/', text.replace(/ ?->$/, '')).slice(1)} ->`;
}

function isAbove(path: string, one: AgentCase, folders: ReadonlySet<string>): boolean {
  const below = [...folders, ...lines(one, 'copy').map((line) => line.split(' -> ')[1] ?? '')];
  return !folders.has(path) && below.some((other) => other.startsWith(`${path}/`));
}

test('a glob knows * alone, in one folder', () => {
  const fitting = ['*', 'a*', '*.txt', 'a.txt', '*a*t*', 'a.txt*', '***'];
  expect([...fitting, 'a', '?.txt', '*.tx', 'b*', ''].filter((glob) => matchesGlob('a.txt', glob))).toEqual(fitting);
  expect(matchesGlob('lib/a.txt', '*')).toBe(false);
  expect(matchesGlob('ab', 'ab*b')).toBe(false);
});

test('many entries and files are planned in linear time', () => {
  const files = Array.from({ length: 40_000 }, (_, index) => ({ path: `app/${index % 200}/${index}`, from: '' }));
  const copies = [
    'files:',
    ...Array.from({ length: 200 }, (_, index) => `- {source: app/${index}, destination: /srv/${index}}`),
  ];
  const { spec } = parseAppSpec('a', Buffer.from(['version: 0.0', 'os: linux', ...copies].join('\n')));
  const start = performance.now();
  const plan = planInstall(spec?.files ?? [], spec?.permissions ?? [], treeOf(files, '.'));
  expect(plan.copies.size).toBe(40_000);
  // A fraction of a second; quadratic work takes minutes.
  expect(performance.now() - start).toBeLessThan(20_000);
});
