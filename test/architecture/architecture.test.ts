import { basename, dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ImportGraph, importsOf, readImports, readText } from './imports.ts';
import {
  cdkImportsTooMuch,
  circles,
  fileGraph,
  importsAgainstTheArrow,
  loadsCdkAtOnce,
  looseFiles,
  roomGraph,
  roomOf,
} from './layers.ts';

const graph = readImports(['scripts', 'cdk']);
const files = [...graph.keys()];

/** Most files of one folder that a reader takes in at a glance. */
const mostFiles = 13;
const mostLines = 300;

describe('the house', () => {
  test('has the rooms and the CDK apps in it', () => {
    const rooms = new Set(files.flatMap((file) => roomOf(file) ?? []));
    expect([...rooms].toSorted()).toEqual([
      'audit',
      'ci',
      'deployment',
      'doctor',
      'drift',
      'explain',
      'host',
      'image',
      'init',
      'listener',
      'merge-request',
      'platform',
      'promotion',
      'quota',
      'release',
      'repair',
      'report',
      'repository',
      'retention',
      'revision',
      'status',
      'tenant',
      'webhook',
    ]);
    expect(files.length).toBeGreaterThan(200);
  });

  test('imports nothing against the arrow', () => {
    expect(importsAgainstTheArrow(graph)).toEqual([]);
  });

  test('has no circle, neither of files, types included, nor of rooms', () => {
    expect(circles(fileGraph(graph))).toEqual([]);
    expect(circles(roomGraph(graph))).toEqual([]);
  });

  test('keeps cdk/ apart: it knows the configuration only, and is loaded when it is needed', () => {
    expect(cdkImportsTooMuch(graph)).toEqual([]);
    expect(loadsCdkAtOnce(graph)).toEqual([]);
  });

  test('has no loose file beside the rooms', () => {
    expect(looseFiles(graph)).toEqual([]);
  });

  test('gives every file a name of its own; commands are called as their verbs', () => {
    const named = files.filter((file) => !file.startsWith('scripts/commands/') && file !== 'scripts/vendhost.ts');
    expect(repeated(named.map((file) => basename(file)))).toEqual([]);
  });

  test('gives every exported name one meaning, also against names inside of files; each command exports `command`', () => {
    const declared = files.flatMap((file) => declarationsIn(readText(file)));
    const exported = new Set(declared.flatMap(({ name, isExported }) => (isExported ? name : [])));
    expect(repeated(declared.map(({ name }) => name)).filter((name) => exported.has(name))).toEqual(['command']);
  });

  test('has no crowded folder and no long file', () => {
    const folders = Map.groupBy(files, (file) => dirname(file));
    expect([...folders].filter(([, inside]) => inside.length > mostFiles).map(([folder]) => folder)).toEqual([]);
    expect(files.filter((file) => readText(file).split('\n').length > mostLines)).toEqual([]);
  });

  test('is named in the linter as it is', () => {
    const { overrides } = JSON.parse(readText('biome.json')) as {
      overrides: readonly { includes: readonly string[] }[];
    };
    const linted = overrides.find(({ includes }) => includes.includes('scripts/stack/**') && includes.length === 1);
    const rooms = [...new Set(files.flatMap((file) => roomOf(file) ?? []))];
    for (const room of rooms) expect(JSON.stringify(linted)).toContain(`**/${room}/**`);
  });
});

describe('what the rules notice', () => {
  const of = (...lines: readonly (readonly [file: string, text: string])[]): ImportGraph =>
    new Map(lines.map(([file, text]) => [file, importsOf(file, text)]));

  test.each([
    ['scripts/stack/plan.ts', "import { a } from '../tenant/vend.ts';", 'scripts/tenant/vend.ts'],
    ['scripts/stack/plan.ts', "import type { A } from '../tenant/vend.ts';", 'scripts/tenant/vend.ts'],
    ['scripts/commands/a/b.ts', "const { c } = await import('../a/c.ts');", 'scripts/commands/a/c.ts'],
    ['scripts/host/plan.ts', "export { a } from '../commands/host/plan.ts';", 'scripts/commands/host/plan.ts'],
    ['scripts/config/load.ts', "import {\n  a,\n  b,\n} from '../aws/session.ts';", 'scripts/aws/session.ts'],
    ['scripts/errors.ts', "import '../scripts/output.ts';", 'scripts/output.ts'],
    ['scripts/cli.ts', "import { a } from './vendhost.ts';", 'scripts/vendhost.ts'],
  ])('%s may not say: %s', (file, text, target) => {
    expect(importsAgainstTheArrow(of([file, text]))).toEqual([`${file} → ${target}`]);
  });

  test('a loose file, and a name that stands inside of another file', () => {
    expect(
      looseFiles(of(['scripts/shared-utils.ts', ''], ['scripts/errors.ts', ''], ['scripts/host/a.ts', ''])),
    ).toEqual(['scripts/shared-utils.ts']);
    expect(declarationsIn('export abstract class Place {}\ntype Stage = 1;\nexport async function run() {}')).toEqual([
      { name: 'Place', isExported: true },
      { name: 'Stage', isExported: false },
      { name: 'run', isExported: true },
    ]);
  });

  test('with the arrow nothing is noticed', () => {
    expect(
      importsAgainstTheArrow(
        of(
          ['scripts/commands/a/b.ts', "import { a } from '../options.ts';\nawait import('../../host/plan.ts');"],
          ['scripts/host/plan.ts', "import { a } from '../listener/rules.ts';\nimport { b } from '../aws/session.ts';"],
        ),
      ),
    ).toEqual([]);
  });

  test('a circle of types, and a circle of rooms that is none of files', () => {
    expect(
      circles(
        fileGraph(of(['cdk/a.ts', "import type { B } from './b.ts';"], ['cdk/b.ts', "import { A } from './a.ts';"])),
      ),
    ).toEqual(['cdk/a.ts → cdk/b.ts → cdk/a.ts']);
    const rooms = of(
      ['scripts/host/a.ts', "import { B } from '../image/b.ts';"],
      ['scripts/image/c.ts', "import { D } from '../host/d.ts';"],
    );
    expect(circles(fileGraph(rooms))).toEqual([]);
    expect(circles(roomGraph(rooms))).toEqual(['host → image → host']);
  });

  test('a CDK app that is loaded with the room, also behind another file', () => {
    const loaded = of(
      ['scripts/host/a.ts', "import { B } from '../../cdk/b.ts';"],
      ['scripts/host/c.ts', "import type { B } from '../../cdk/b.ts';\nawait import('../../cdk/b.ts');"],
      ['cdk/b.ts', "import { App } from 'aws-cdk-lib';\nimport { a } from '../scripts/stack/a.ts';"],
    );
    expect(loadsCdkAtOnce(loaded)).toEqual(['scripts/host/a.ts']);
    expect(cdkImportsTooMuch(loaded)).toEqual(['cdk/b.ts → scripts/stack/a.ts']);
  });
});

/** What a file declares at its top: functions, values, classes and types. */
function declarationsIn(text: string): { name: string; isExported: boolean }[] {
  const declaration = /^(export )?(?:abstract )?(?:async )?(?:function\*?|const|class|interface|type) (\w+)/gm;
  return [...text.matchAll(declaration)].map(([, exported, name = '']) => ({
    name,
    isExported: exported !== undefined,
  }));
}

function repeated(names: readonly string[]): string[] {
  return [...Map.groupBy(names, (name) => name)].filter(([, all]) => all.length > 1).map(([name]) => name);
}
