import { isMapping, type Mapping } from './merged-jobs.ts';
import { type Input, inputFaults, type TemplateInputs } from './template-inputs.ts';

/** Templates of this library, by their names in the catalog. */
const libraryTemplates = [
  'tenant',
  'infrastructure',
  'software',
  'platform',
  'drift-check',
  'approve',
  'operations',
  'upkeep',
  'fleet',
] as const;

const componentForm = new RegExp(`^[^/]+/(?<project>.+)/(?<name>${libraryTemplates.join('|')})@(?<ref>.+)$`);

/** A template of this library as an include names it. */
export interface LibraryInclude {
  readonly name: (typeof libraryTemplates)[number];
  /** Path of the project that the include names. */
  readonly project: string;
  readonly ref: string;
}

const kinds = ['local', 'project', 'component', 'remote', 'template'] as const;

/** The entries of `include:`, each a mapping; one with several files becomes several (https://docs.gitlab.com/ci/yaml/#include). */
export function includeEntries(include: unknown): Mapping[] {
  return [include ?? []].flat().flatMap((entry): Mapping[] => {
    if (!isMapping(entry)) return [/^https?:\/\//.test(String(entry)) ? { remote: entry } : { local: entry }];
    return Array.isArray(entry.file) ? entry.file.map((file) => ({ ...entry, file })) : [entry];
  });
}

/** An include in one line; `undefined` if it names nothing. */
export function shownInclude(include: Mapping): string | undefined {
  const kind = kinds.find((key) => typeof include[key] === 'string');
  if (kind === undefined) return undefined;
  return [include[kind], ...(kind === 'project' ? [include.file ?? 'without file'] : [])].join(' ');
}

/** What an include names if its file has the name of a template of this library, in either form. */
export function libraryInclude({ component, project, file, ref }: Mapping): LibraryInclude | undefined {
  const asComponent = componentForm.exec(String(component ?? ''))?.groups;
  if (asComponent !== undefined) return asComponent as unknown as LibraryInclude;
  const path = typeof project === 'string' ? String(file) : '';
  const asFile = /^\/?(?:ci-templates\/(?<name>[a-z-]+)\.gitlab-ci|templates\/(?<component>[a-z-]+))\.yml$/.exec(
    path,
  )?.groups;
  const named = asFile?.name ?? asFile?.component;
  const name = libraryTemplates.find((each) => each === named);
  return name === undefined
    ? undefined
    : { name, project: String(project), ref: typeof ref === 'string' ? ref : 'HEAD' };
}

/**
 * Whether the file is ours: the project is called `vendhost`, or, because a mirror may have any path, the include has exactly the inputs that the template
 * requires.
 */
export function isOurs(
  { project }: LibraryInclude,
  declared: Readonly<Record<string, Input>>,
  inputs: TemplateInputs,
): boolean {
  return project.split('/').at(-1) === 'vendhost' || inputFaults(declared, inputs).length === 0;
}
