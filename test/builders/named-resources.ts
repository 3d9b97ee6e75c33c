/** A resource with a name of its own, which no other of the account can have at the same time. */
export interface NamedResource {
  readonly id: string;
  readonly name: string;
}

interface Template {
  readonly Resources: Readonly<Record<string, { readonly Properties?: Readonly<Record<string, unknown>> }>>;
}

/** The resources of a tenant's template that are called after the tenant. A name that it only refers to is no text there. */
export function namedResources(template: Template, tenant: string): NamedResource[] {
  return Object.entries(template.Resources).flatMap(([id, { Properties = {} }]) => {
    const names = Object.entries(Properties).filter(
      ([property, value]) => /(Name|Identifier)$/.test(property) && typeof value === 'string' && value.includes(tenant),
    );
    return names.map(([, name]) => ({ id, name: String(name) }));
  });
}
