/** A template's resources, as they were synthesized. */
export type Resources = Readonly<
  Record<string, { readonly Type: string; readonly Properties?: Readonly<Record<string, unknown>> }>
>;

/** What `Ref` and `Fn::GetAtt` of a resource give, as far as policies use it: `Ref` and `Arn`. */
export type Known = Readonly<Record<string, { readonly ref: string; readonly arn: string }>>;

/**
 * A value with its references replaced. Throws at a function or a resource it does not know: a policy that is half
 * resolved would match nothing, and every attack would look refused.
 */
export function resolve(value: unknown, known: Known): unknown {
  if (Array.isArray(value)) return value.map((each) => resolve(each, known));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length === 1 && name === 'Ref') return referred(String(argument), known).ref;
  if (entries.length === 1 && name === 'Fn::GetAtt') return attribute(argument as [string, string], known);
  if (entries.length === 1 && name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]];
    return (resolve(parts, known) as string[]).join(separator);
  }
  if (entries.length === 1 && name?.startsWith('Fn::'))
    throw new Error(`a policy uses ${name}, which is not known here`);
  return Object.fromEntries(entries.map(([key, inner]) => [key, resolve(inner, known)]));
}

function attribute([id, name]: [string, string], known: Known): string {
  if (name !== 'Arn') throw new Error(`a policy uses ${name} of ${id}, which is not known here`);
  return referred(id, known).arn;
}

function referred(id: string, known: Known) {
  if (id === 'AWS::Partition') return { ref: 'aws', arn: 'aws' };
  const found = known[id];
  if (found === undefined) throw new Error(`a policy refers to ${id}, which is not known here`);
  return found;
}
