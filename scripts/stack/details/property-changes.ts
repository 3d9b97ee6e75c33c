import { isDeepStrictEqual } from 'node:util';
import { isSecretName, mask, withoutSecrets } from './secret-values.ts';

/** A property of a resource, or a parameter of its stack, as it is and as it will be. Secrets are masked. */
export interface PropertyChange {
  /** `LaunchTemplateData.InstanceType`, `parameter ImageId` */
  readonly path: string;
  /** As text; absent when there is, or was, none. */
  readonly from?: string;
  readonly to?: string;
}

/** What differs between two values of a property, down to the single texts and numbers. */
export function propertyChanges(path: string, from: unknown, to: unknown): PropertyChange[] {
  return changesIn({ path, isSecret: false }, from, to);
}

/** A parameter's change; CloudFormation tells nobody the value of one with `NoEcho`. */
export function parameterChange(
  name: string,
  from: string | undefined,
  to: string | undefined,
  { noEcho = false } = {},
): PropertyChange {
  const shown = (text: string) => (noEcho ? mask : withoutSecrets(name, text));
  return change(`parameter ${name}`, from && shown(from), to && shown(to));
}

interface Position {
  readonly path: string;
  /** What is beside it says that it is one: `{ Name: DB_PASSWORD, Value: … }`. */
  readonly isSecret: boolean;
}

function changesIn({ path, isSecret }: Position, from: unknown, to: unknown): PropertyChange[] {
  if (isDeepStrictEqual(from, to)) return [];
  const trees = [from, to].filter((value) => value !== undefined);
  if (trees.length > 0 && trees.every(isTree) && !areOfTwoKinds(from, to)) {
    const keys = new Set(trees.flatMap((tree) => Object.keys(tree as object)));
    const named = trees.some((tree) => namesSecret(tree));
    return [...keys].flatMap((key) =>
      changesIn({ path: below(path, key, trees[0]), isSecret: named }, at(from, key), at(to, key)),
    );
  }
  const name = path.split('.').at(-1) ?? path;
  const shown = (value: unknown) => {
    if (value === undefined) return undefined;
    return isSecret && isValue(name) ? mask : withoutSecrets(name, textOf(value));
  };
  return [change(path, shown(from), shown(to))];
}

function change(path: string, from: string | undefined, to: string | undefined): PropertyChange {
  return { path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

function below(path: string, key: string, tree: unknown): string {
  return Array.isArray(tree) ? `${path}[${key}]` : `${path}.${key}`;
}

function at(value: unknown, key: string): unknown {
  return value === undefined ? undefined : (value as Record<string, unknown>)[key];
}

function areOfTwoKinds(from: unknown, to: unknown): boolean {
  return from !== undefined && to !== undefined && Array.isArray(from) !== Array.isArray(to);
}

function namesSecret(tree: unknown): boolean {
  const { Name, Key } = tree as { Name?: unknown; Key?: unknown };
  return [Name, Key].some((name) => typeof name === 'string' && isSecretName(name));
}

function isValue(name: string): boolean {
  return /^value$/i.test(name);
}

/** Something with parts of its own; functions of CloudFormation are shown as the text that they stand for. */
function isTree(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false;
  const keys = Object.keys(value);
  return keys.length > 0 && !(keys.length === 1 && /^(Ref|Fn::.+|Condition)$/.test(keys[0] ?? ''));
}

function textOf(value: unknown): string {
  if (value === null || typeof value !== 'object') return String(value);
  const [key = '', inner] = Object.entries(value)[0] ?? [];
  if (key === 'Ref') return `\${${String(inner)}}`;
  if (key === 'Fn::GetAtt') return `\${${Array.isArray(inner) ? inner.join('.') : String(inner)}}`;
  if (key === 'Fn::Sub') return typeof inner === 'string' ? inner : textOf((inner as unknown[])[0]);
  if (key === 'Fn::Base64') return textOf(inner);
  if (key === 'Fn::Join' && Array.isArray(inner)) {
    return (inner[1] as unknown[]).map(textOf).join(String(inner[0]));
  }
  return JSON.stringify(value);
}
