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

/** The fault of an entry of `acls`, if it has one. */
export function aclFault(text: string): string | undefined {
  const parts = text.split(':');
  const isDefault = parts.length > 2 && (parts[0] === 'd' || parts[0] === 'default');
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
  if (!/^([0-7]|[rwx-]+)$/.test(permissions)) return 'permissions must be letters of rwx or one digit of 0 to 7';
  return undefined;
}
