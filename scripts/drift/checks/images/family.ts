/**
 * The pattern of names that an AMI's later versions have, as publishers write them: all up to the date, and what follows the
 * version. `debian-12-amd64-20251006-2257` → `debian-12-amd64-*`; `undefined` for a name without a date.
 */
export function familyOf(name: string): string | undefined {
  const family = name.replace(/[\d.]*(?<!\d)20\d{6}(?!\d)(?:[.-]\d+)*/, '*');
  return family === name ? undefined : family;
}
