import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const sources = read('scripts/**/*.ts');
const tests = read('test/**/*.ts');

function read(pattern: string): ReadonlyMap<string, string> {
  const files = globSync(pattern, { cwd: root });
  return new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')] as const));
}

/** The ways a code is given to an error: when it is made, to `combined`, by a subclass, and in a table of refusals. */
const given = [
  /new VendhostError\(\s*'([A-Z_]+)'/g,
  /new VendhostError\([^,']*\?\? '([A-Z_]+)'/g,
  /\bcombined\([\w.]+, '([A-Z_]+)'/g,
  /\bsuper\('([A-Z_]+)'/g,
  /\bcode: '([A-Z_]+)'/g,
];
/** Files that pass a code on: `combined` its caller's, a platform's refusal AWS's, a vend its plan's. */
const passedOn = ['scripts/platform/each.ts', 'scripts/platform/targets.ts', 'scripts/tenant/project-plan.ts'];

const matches = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);
const codes = [...new Set([...sources.values()].flatMap((text) => given.flatMap((way) => matches(text, way))))].sort();

/**
 * What a test must call to drive a guard and not only the function that decides: what `scripts/commands/` calls of the
 * rooms, what the rooms call of `stack/` and of GitLab's settings, and the claim of a priority, whose hundred rounds no
 * command should wait for.
 */
const entries = [
  ...[...sources].flatMap(([file, text]) =>
    file.startsWith('scripts/commands/') ? matches(text, /const \{ (\w+) \} = await import/g) : [],
  ),
  ...['deployStacks', 'executeChangeSets', 'saveStacks', 'deleteStack', 'withAssembly'],
  ...['claimPriority', 'writeTokenSubject'],
];

/** The files a test file imports of `test/`, and whether it imports an entry or starts the executable itself. */
function reaches(file: string, seen = new Set<string>()): boolean {
  if (seen.has(file)) return false;
  seen.add(file);
  const text = tests.get(file) ?? '';
  if (text.includes('scripts/vendhost.ts')) return true;
  const imports = [...text.matchAll(/^import (?:type )?\{([^}]*)\} from '(\.[^']+)'/gm)];
  return imports.some(([, names = '', from = '']) => {
    const target = relative(root, join(root, dirname(file), from));
    if (target === 'scripts/cli.ts') return /\brun\b/.test(names);
    if (target.startsWith('scripts/')) return entries.some((entry) => new RegExp(`\\b${entry}\\b`).test(names));
    return reaches(target, seen);
  });
}

const driving = [...tests].filter(([file]) => file.endsWith('.test.ts') && reaches(file));
const codesExpected = new Set(driving.flatMap(([, text]) => expectedCodes(text)));
const provoked = (code: string) => codesExpected.has(code);

/** Codes that a test compares with: in quotes or as `error[CODE]`, outside of comments and titles. */
function expectedCodes(text: string): string[] {
  const code = text
    .replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|\s\/\/ .*$/gm, '')
    .replaceAll(/\b(?:test|it|describe)(?:\.\w+)*\(\s*(['"`]).*?\1/g, '');
  return matches(code, /(?:['"`]|error\\?\[)([A-Z][A-Z_]+)(?:['"`]|\\?\])/g);
}

test('every error names its code where it is made, so that this file finds it', () => {
  const nameless = [...sources].filter(([file, text]) => {
    const made = text.match(/new VendhostError\(/g)?.length ?? 0;
    const named = given.slice(0, 2).reduce((sum, way) => sum + matches(text, way).length, 0);
    return made !== named && !passedOn.includes(file);
  });
  expect(nameless.map(([file]) => file)).toEqual([]);
  expect(codes.length).toBeGreaterThan(70);
});

test('every error is provoked through a command', () => {
  expect(codes.filter((code) => !provoked(code))).toEqual([]);
});
