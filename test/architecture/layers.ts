import type { ImportGraph } from './imports.ts';

/**
 * The arrow `vendhost → main → cli → commands → rooms → stack → aws, gitlab, config, errors, output`: a file imports only what
 * stands after its own layer. Inside the foundation: aws and gitlab → config → errors, output.
 */
const layers = [
  ['vendhost'],
  ['main'],
  ['cli'],
  ['commands'],
  ['rooms'],
  ['stack'],
  ['aws', 'gitlab'],
  ['config'],
  ['command'],
  ['runtime'],
  ['temporary'],
  ['live'],
  ['output'],
  ['errors'],
] as const;

type Layer = (typeof layers)[number][number];

/** What lies directly below scripts/ and is not a room. */
const named = new Set<string>(layers.flat());

/** The room a file belongs to; `undefined` outside rooms. */
export function roomOf(file: string): string | undefined {
  const [top, folder, rest] = file.split('/');
  return top === 'scripts' && rest !== undefined && folder !== undefined && !named.has(folder) ? folder : undefined;
}

function layerOf(file: string): Layer | undefined {
  const [top, name = ''] = file.split('/');
  if (top !== 'scripts') return undefined;
  const plain = name.replace(/\.ts$/, '');
  return named.has(plain) ? (plain as Layer) : 'rooms';
}

/** Files directly below scripts/ that have no place on the arrow: a room would be theirs. */
export function looseFiles(graph: ImportGraph): string[] {
  return [...graph.keys()].filter((file) => {
    const [top, name = '', rest] = file.split('/');
    return top === 'scripts' && rest === undefined && !named.has(name.replace(/\.ts$/, ''));
  });
}

/** Imports of scripts/ against the arrow, as `from → to`. */
export function importsAgainstTheArrow(graph: ImportGraph): string[] {
  const level = (layer: Layer) => layers.findIndex((each) => (each as readonly Layer[]).includes(layer));
  return each(graph, (from, to) => {
    const [own, other] = [layerOf(from), layerOf(to)];
    if (own === undefined || other === undefined) return false;
    if (own === 'commands' && other === 'commands') return !to.endsWith('/options.ts');
    if (own === other) return false;
    return level(other) <= level(own);
  });
}

/** Imports of cdk/ that reach more of scripts/ than its configuration. */
export function cdkImportsTooMuch(graph: ImportGraph): string[] {
  return each(graph, (from, to) => from.startsWith('cdk/') && to.startsWith('scripts/') && layerOf(to) !== 'config');
}

/** Files of scripts/ that load the CDK library as soon as they are loaded themselves, not when it is needed. */
export function loadsCdkAtOnce(graph: ImportGraph): string[] {
  const heavy = new Map<string, boolean>();
  const isHeavy = (file: string): boolean => {
    const known = heavy.get(file);
    if (known !== undefined) return known;
    heavy.set(file, false);
    const found = (graph.get(file) ?? []).some(
      ({ target, isOwn, isStatic }) => isStatic && (isOwn ? isHeavy(target) : target.startsWith('aws-cdk-lib')),
    );
    heavy.set(file, found);
    return found;
  };
  return [...graph.keys()].filter((file) => file.startsWith('scripts/') && isHeavy(file));
}

/** The graph of rooms: an arrow wherever a file of one imports a file of another. */
export function roomGraph(graph: ImportGraph): ReadonlyMap<string, readonly string[]> {
  const arrows = new Map<string, Set<string>>();
  for (const [from, imports] of graph) {
    const room = roomOf(from);
    if (room === undefined) continue;
    const others = arrows.get(room) ?? new Set();
    arrows.set(room, others);
    for (const { target } of imports) {
      const other = roomOf(target);
      if (other !== undefined && other !== room) others.add(other);
    }
  }
  return new Map([...arrows].map(([room, others]) => [room, [...others].toSorted()]));
}

/** The graph of files, types too. */
export function fileGraph(graph: ImportGraph): ReadonlyMap<string, readonly string[]> {
  return new Map([...graph].map(([file, imports]) => [file, imports.flatMap((one) => (one.isOwn ? one.target : []))]));
}

/** Every circle that a walk of a graph meets, as `a → b → a`. */
export function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set<string>();
  const done = new Set<string>();
  const walk = (node: string, path: readonly string[]): void => {
    const at = path.indexOf(node);
    if (at >= 0) found.add([...path.slice(at), node].join(' → '));
    if (at >= 0 || done.has(node)) return;
    for (const next of graph.get(node) ?? []) walk(next, [...path, node]);
    done.add(node);
  };
  for (const node of graph.keys()) walk(node, []);
  return [...found];
}

function each(graph: ImportGraph, isFault: (from: string, to: string) => boolean): string[] {
  return [...graph].flatMap(([from, imports]) =>
    imports.flatMap(({ target, isOwn }) => (isOwn && isFault(from, target) ? `${from} → ${target}` : [])),
  );
}
