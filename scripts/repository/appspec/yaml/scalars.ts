import { isScalar, Scalar } from 'yaml';

/** What the agent's YAML, which is Ruby's, makes of a scalar. */
export type Kind = 'text' | 'nothing' | 'number' | 'truth' | 'date' | 'symbol';

/** Plain scalars that are not text; the first that fits counts. Everything else is text. */
const plain: readonly (readonly [Kind, RegExp])[] = [
  ['nothing', /^(~|null|)$/i],
  ['truth', /^(yes|true|on|no|false|off)$/i],
  ['date', /^-?\d{4}-\d{1,2}-\d{1,2}([Tt]|\s+)\d{1,2}:\d\d:\d\d(\.\d*)?(\s*(Z|[-+]\d{1,2}:?(\d\d)?))?$/],
  ['number', /^([-+]?\.inf|\.nan)$/i],
  ['symbol', /^:./],
  ['number', /^[-+]?[0-9][0-9_]*(:[0-5]?[0-9]){1,2}(\.[0-9_]*)?$/],
  ['number', /^[-+]?([0-9][0-9_,]*\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?$/],
  ['number', /^[-+]?(0b[01_,]+|0[0-7_,]+|0|[1-9]([0-9]|,[0-9]|_[0-9])*|0x[0-9a-fA-F_,]+)$/],
];

/** The kind of a scalar node; quotes make everything text. */
export function kindOf(node: unknown): Kind {
  if (!isPlain(node)) return 'text';
  const text = scalarText(node);
  if (isDate(text)) return 'date';
  return plain.find(([, form]) => form.test(text))?.[0] ?? 'text';
}

/** A day that the calendar has; any other stays text. */
function isDate(text: string): boolean {
  const found = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (found === null) return false;
  const [year, month, day] = found.slice(1).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** A scalar's text as written, without quotes. */
export function scalarText(node: unknown): string {
  return isScalar(node) ? String(node.value ?? '') : '';
}

/** True for a scalar written without quotes. */
export function isPlain(node: unknown): boolean {
  return isScalar(node) && (node.type === Scalar.PLAIN || node.value === null || node.type === undefined);
}
