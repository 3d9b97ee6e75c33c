import { cutChangelog } from './changelog.ts';
import { compareVersions, parseVersion } from './version.ts';

/** Files in which people read or copy the version; all others read package.json. */
export const versionedFiles = [
  'README.md',
  'docs/*.md',
  'ci-templates/*.yml',
  'templates/*.yml',
  'examples/*/.gitlab-ci.yml',
  'test/ci-templates/golden/*.yml',
];

export interface Cut {
  readonly from: string;
  readonly to: string;
  /** `2026-01-31`. */
  readonly day: string;
}

/** Why a checkout cannot become a version; `changed` are files that are not committed. */
export function cutFaults({ from, to, changed }: Omit<Cut, 'day'> & { readonly changed: readonly string[] }): string[] {
  const [before, after] = [parseVersion(from), parseVersion(to)];
  const isForward = before === undefined || after === undefined || compareVersions(after, before) >= 0;
  return [
    ...(isForward ? [] : [`${to} is before ${from}, the version of this checkout: take a later one`]),
    ...(changed.length === 0
      ? []
      : [`not committed: ${changed.join(', ')}: commit them, or \`git restore\` what a cut that was stopped has left`]),
  ];
}

/** The files of a checkout after the cut: path and new text of those that change. */
export function cutFiles(files: Readonly<Record<string, string>>, { from, to, day }: Cut): Record<string, string> {
  const changed = Object.entries(files).map(([path, text]) => [path, cutFile(path, text, { from, to, day })] as const);
  return Object.fromEntries(changed.filter(([path, text]) => text !== files[path]));
}

function cutFile(path: string, text: string, { from, to, day }: Cut): string {
  if (path === 'CHANGELOG.md') return cutChangelog(text, to, day);
  if (path === 'package.json' || path === 'package-lock.json') return cutManifest(text, to);
  const own = from.replaceAll('.', '\\.');
  return text.replaceAll(new RegExp(`(?<![\\w.-]|\\d\\.)(v?|vendhost-)${own}(?![\\w-]|\\.\\d)`, 'g'), `$1${to}`);
}

/** The project's own version, in package.json and twice in package-lock.json; those of dependencies stay. */
function cutManifest(text: string, version: string): string {
  const manifest = JSON.parse(text) as { version: string; packages?: Record<string, { version?: string }> };
  manifest.version = version;
  const own = manifest.packages?.[''];
  if (own !== undefined) own.version = version;
  return `${JSON.stringify(manifest, null, 2)}\n`;
}
