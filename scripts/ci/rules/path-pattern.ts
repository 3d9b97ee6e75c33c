/**
 * Whether a path matches a pattern of `rules:changes` or `rules:exists`. Like Ruby's `File.fnmatch` with the flags that GitLab
 * uses: `*` stays in a folder, names that start with a dot count, `{a,b}` is either (https://docs.gitlab.com/ci/yaml/#ruleschanges).
 */
export function matchesPath(pattern: string, path: string): boolean {
  return new RegExp(`^${sourceOf(pattern)}$`, 's').test(path);
}

function sourceOf(pattern: string): string {
  const parts = pattern.match(/\*\*\/|\*+|\?|\[[^\]]+\]|\{[^}]*\}|[^*?[{]+|./gs) ?? [];
  return parts.map(partSource).join('');
}

function partSource(part: string): string {
  if (part === '**/') return '(?:.*/)?';
  if (part.startsWith('*')) return '[^/]*';
  if (part === '?') return '[^/]';
  if (/^\[.+\]$/s.test(part)) return part.replace(/^\[!/, '[^');
  if (/^\{.*\}$/s.test(part)) return `(?:${part.slice(1, -1).split(',').map(sourceOf).join('|')})`;
  return part.replaceAll(/[.+^$()|\\[\]{}]/g, '\\$&');
}
