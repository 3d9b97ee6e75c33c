/** A YAML mapping; its reader validates the content. */
export type Mapping = Readonly<Record<string, unknown>>;

/** `!reference [job, key]`, before it is replaced by the value. */
export class Reference {
  readonly path: readonly string[];

  constructor(path: readonly string[]) {
    this.path = path;
  }
}

/** GitLab's merge: mappings key by key, otherwise the later value (https://docs.gitlab.com/ci/yaml/includes/#merge-method-for-include). */
export function merged(earlier: unknown, later: unknown): unknown {
  if (!isMapping(earlier) || !isMapping(later)) return later;
  const both = Object.entries(later).map(([key, value]) => [key, key in earlier ? merged(earlier[key], value) : value]);
  return { ...earlier, ...Object.fromEntries(both) };
}

/** A configuration with `extends` and then `!reference` resolved. Throws an `Error` that names what does not exist. */
export function resolved(configuration: Mapping): Mapping {
  const jobs = Object.keys(configuration).map((name) => [name, extended(configuration, name, [])]);
  const whole: Mapping = Object.fromEntries(jobs);
  return referenced(whole, whole, []) as Mapping;
}

function extended(configuration: Mapping, name: string, above: readonly string[]): unknown {
  const job = configuration[name];
  if (above.includes(name)) throw new Error(`${[...above, name].join(' extends ')}: a circle`);
  if (job === undefined) throw new Error(`${above.at(-1)} extends ${name}, which does not exist`);
  if (!isMapping(job) || job.extends === undefined || job.extends === null) return job;
  const { extends: bases, ...own } = job;
  const parts = [bases].flat().map((base) => extended(configuration, String(base), [...above, name]));
  return [...parts, own].reduce(merged, {});
}

/** Most levels of nested references that GitLab follows. */
const deepest = 10;

function referenced(whole: Mapping, value: unknown, above: readonly string[]): unknown {
  if (value instanceof Reference) {
    const written = `!reference [${value.path.join(', ')}]`;
    const target = value.path.reduce<unknown>((part, key) => (isMapping(part) ? part[key] : undefined), whole);
    if (above.includes(written)) throw new Error(`${[...above, written].join(' → ')}: a circle`);
    if (target === undefined) throw new Error(`${written} leads nowhere`);
    if (above.length >= deepest) throw new Error(`${above[0]}: more than ${deepest} references in one another`);
    return referenced(whole, target, [...above, written]);
  }
  if (Array.isArray(value)) {
    // A list that a reference stands for becomes part of the surrounding list.
    return value.flatMap((item) => {
      const inner = referenced(whole, item, above);
      return item instanceof Reference || Array.isArray(item) ? inner : [inner];
    });
  }
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, referenced(whole, inner, above)]));
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Reference);
}
