import { shellSign } from './command-line.ts';

const types: Readonly<Record<string, string>> = {
  u: 'user',
  user: 'user',
  g: 'group',
  group: 'group',
  m: 'mask',
  mask: 'mask',
  o: 'other',
  other: 'other',
};

const form = 'must be [default:][user|group|mask|other:]name:permissions, like u:www-data:rw';

/** True for an entry that is about what is created in a folder later: `d:u:www-data:rw`. */
export function isDefaultAcl(text: string): boolean {
  const parts = text.split(':');
  return parts.length > 2 && (parts[0] === 'd' || parts[0] === 'default');
}

/** The fault of an entry of `acls`, if it has one. */
export function aclFault(text: string): string | undefined {
  const parts = text.split(':');
  const isDefault = isDefaultAcl(text);
  const [permissions, ...named] = (isDefault ? parts.slice(1) : parts).toReversed();
  if (named.length < 1 || named.length > 2 || permissions === undefined) return form;
  const [name = '', given] = named;
  // `m:rw` and `o:r` have no name: the type is in its place.
  const bare = given === undefined && ['mask', 'other'].includes(types[name] ?? '');
  const type = bare ? types[name] : given === undefined ? 'user' : types[given];
  if (type === undefined) return form;
  const isNamed = !bare && name !== '';
  if (isNamed && (type === 'mask' || type === 'other')) return `${type} takes no name: ${form}`;
  if (!isNamed && type !== 'mask' && !isDefault) return `an entry without a name is what mode sets: ${form}`;
  const sign = shellSign(name);
  if (sign !== undefined) return `the name has ${sign}, and is written into a command line`;
  if (!/^([0-7]|[rwx-]*)$/.test(permissions)) return 'permissions must be letters of rwx or one digit of 0 to 7';
  return undefined;
}

/** Whether a text is an SELinux range as the agent reads it, like `s0` or `s0-s1:c1,c3.c5`: nothing twice, nothing backwards. */
export function isRange(text: string): boolean {
  const found = /^s(\d+)(?:-s(\d+))?(?::(c\d+(?:\.c\d+)?(?:,c\d+(?:\.c\d+)?)*))?$/.exec(text);
  if (found === null) return false;
  const [low, high = low, categories] = found.slice(1);
  if (Number(high) < Number(low)) return false;
  const spans = (categories?.split(',') ?? []).map((span) => {
    const [from = 0, to = from] = span.split('.').map((one) => Number(one.slice(1)));
    return { from, to };
  });
  const ordered = spans.toSorted((left, right) => left.from - right.from);
  return ordered.every(({ from, to }, index) => {
    return from <= to && to <= 1023 && from > (ordered[index - 1]?.to ?? -1);
  });
}
