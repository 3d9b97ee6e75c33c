import { z } from 'zod';

/** One fault in a configuration file. */
export interface Fault {
  readonly file: string;
  /** Dotted path of the faulty key; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

type Issue = z.core.$ZodIssue;

/** Keys of former versions, and their replacements. */
const formerKeys: ReadonlyMap<string, string> = new Map([
  ['health_check.port', 'the platform gives the port now: `port` in tenants/<name>.yml, 8080 if it says nothing'],
]);

/** The faults a schema found in a file's content, each with path, wrong value and what is allowed. */
export function faultsOf(file: string, issues: readonly Issue[], input: unknown, schema: z.ZodType): Fault[] {
  return issues.flatMap((issue): Fault[] => {
    const path = shownPath(issue.path);
    if (issue.code === 'unrecognized_keys') {
      const known = keysAt(schema, issue.path);
      const allowed = known.length === 0 ? '' : `: must be one of ${known.join(', ')}`;
      return issue.keys.map((key) => {
        const unknown = shownPath([...issue.path, key]);
        return { file, path: unknown, message: formerKeys.get(unknown) ?? `unknown key${allowed}` };
      });
    }
    if (issue.code === 'invalid_union') {
      const meant = meantBranch(issue.errors);
      if (meant !== undefined) {
        const inner = meant.map((one) => ({ ...one, path: [...issue.path, ...one.path] }) as Issue);
        return faultsOf(file, inner, input, schema);
      }
    }
    return [
      {
        file,
        path,
        message: `${wrongValue(input, issue.path)}${demand(issue, valueAt(input, issue.path))}`,
      },
    ];
  });
}

/** The union branch that matched furthest is the one the author meant; none when all failed at the top. */
function meantBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const depth = (issues: readonly Issue[]) =>
    Math.max(0, ...issues.map(({ path, code }) => path.length + (code === 'unrecognized_keys' ? 1 : 0)));
  const furthest = branches.toSorted((left, right) => depth(right) - depth(left))[0];
  return furthest === undefined || depth(furthest) === 0 ? undefined : furthest;
}

function shownPath(path: readonly PropertyKey[]): string {
  return path.map((key) => shortened(String(key))).join('.');
}

function wrongValue(input: unknown, path: readonly PropertyKey[]): string {
  const value = valueAt(input, path);
  if (value === undefined) return 'missing: ';
  return value === null ? 'is blank: ' : `${shownValue(value)} is wrong: `;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inside, key) => (inside as Record<PropertyKey, unknown> | null)?.[key], input);
}

/** A wrong value as shown in a message. */
export function shownValue(value: unknown): string {
  return shortened(JSON.stringify(value) ?? String(value));
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

const types: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};
const units: Readonly<Record<string, string>> = { string: ' characters', array: ' items' };

function demand(issue: Issue, value: unknown): string {
  const isEmpty = issue.code === 'too_small' && issue.minimum === 1 && issue.origin in units;
  return isEmpty ? 'must not be empty' : `must be ${allowedBy(issue, value)}`;
}

function allowedBy(issue: Issue, value?: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      // YAML does not read 111111111111, on and 1.0 as text.
      if (issue.expected === 'string' && ['number', 'boolean'].includes(typeof value)) return 'a text, in quotes';
      return types[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.length === 1 ? String(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return `at least ${issue.minimum}${units[issue.origin] ?? ''}`;
    case 'too_big':
      return `at most ${issue.maximum}${units[issue.origin] ?? ''}`;
    case 'invalid_union':
      return [...new Set(issue.errors.flatMap((branch) => branch.map((one) => allowedBy(one))))].join(', or ');
    case 'invalid_format':
      return formats[issue.format]?.(issue) ?? issue.message;
    default:
      return issue.message;
  }
}

/** Formats whose own message does not fit after "must be"; schemas describe the others themselves. */
const formats: Readonly<Record<string, (issue: z.core.$ZodIssueInvalidStringFormat) => string>> = {
  url: () => 'an address that begins with http:// or https://',
  starts_with: (issue) => `a text that begins with ${'prefix' in issue ? String(issue.prefix) : ''}`,
};

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly propertyNames?: { readonly enum?: readonly string[] };
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
}

const nodesOfSchemas = new WeakMap<z.ZodType, SchemaNode>();

/** The keys a schema knows at a path. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const root = nodesOfSchemas.get(schema) ?? (z.toJSONSchema(schema, { io: 'input', reused: 'inline' }) as SchemaNode);
  nodesOfSchemas.set(schema, root);
  const found = path.reduce<SchemaNode[]>((nodes, key) => nodes.flatMap((node) => stepInto(node, String(key))), [root]);
  return found.flatMap(branches).flatMap((node) => node.propertyNames?.enum ?? Object.keys(node.properties ?? {}));
}

function stepInto(node: SchemaNode, key: string): SchemaNode[] {
  return branches(node).flatMap(({ properties, additionalProperties, items }) => {
    const named = properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
    const next = named ?? items ?? additionalProperties;
    return typeof next === 'object' ? [next] : [];
  });
}

function branches(node: SchemaNode): readonly SchemaNode[] {
  return node.anyOf ?? [node];
}
