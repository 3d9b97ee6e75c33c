import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** One import of a file: what it names, and when it is loaded. */
export interface Import {
  /** Path from the root of the project for an own file; else the package as it is written. */
  readonly target: string;
  readonly isOwn: boolean;
  /** Loaded with the file; neither `import type` nor `import()`. */
  readonly isStatic: boolean;
}

/** The files of some folders by path, each with what it imports. */
export type ImportGraph = ReadonlyMap<string, readonly Import[]>;

const root = join(import.meta.dirname, '../..');
const statement = /^\s*(?:import|export)\s+(type\s+)?(?:[^'"();]*?\sfrom\s+)?'([^']+)'/gm;
const call = /\bimport\('([^']+)'\)/g;

/** Reads the imports of every TypeScript file below the folders. */
export function readImports(folders: readonly string[]): ImportGraph {
  const files = globSync(
    folders.map((folder) => `${folder}/**/*.ts`),
    { cwd: root },
  ).toSorted();
  return new Map(files.map((file) => [file, importsOf(file, readText(file))]));
}

/** The text of a file, named by its path from the root of the project. */
export function readText(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** Every import in a file's text: statements, re-exports and calls of `import()`, types too. */
export function importsOf(file: string, text: string): Import[] {
  const statements = [...text.matchAll(statement)].map(([, type, written = '']) => ({ written, isStatic: !type }));
  const calls = [...text.matchAll(call)].map(([, written = '']) => ({ written, isStatic: false }));
  return [...statements, ...calls].map(({ written, isStatic }) => {
    const isOwn = written.startsWith('.');
    return { target: isOwn ? normalize(join(dirname(file), written)) : written, isOwn, isStatic };
  });
}
