const heading = /^## .*$/gm;

/** What the changelog says under the heading of a version, or under `Unreleased`; `undefined` without that heading. */
export function sectionOf(changelog: string, name: string): string | undefined {
  const headings = [...changelog.matchAll(heading)];
  const at = headings.findIndex(([line]) => line === `## ${name}` || line.startsWith(`## ${name} `));
  const [own, next] = [headings[at], headings[at + 1]];
  if (own === undefined) return undefined;
  return changelog.slice(own.index + own[0].length, next?.index).trim();
}

const kinds = ['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'];

/** Why the unreleased part cannot become a version (https://keepachangelog.com/en/1.1.0/). */
export function changelogFaults(changelog: string, version: string): string[] {
  const section = sectionOf(changelog, 'Unreleased');
  if (section === undefined || section === '') return ['CHANGELOG.md has nothing under ## Unreleased'];
  const used = [...section.matchAll(/^### (.+)$/gm)].map(([, kind = '']) => kind);
  return [
    ...(sectionOf(changelog, version) === undefined ? [] : [`CHANGELOG.md has ${version} already`]),
    ...(used.length === 0 ? [`CHANGELOG.md: ## Unreleased has no kind: ${kinds.join(', ')}`] : []),
    ...used
      .filter((kind) => !kinds.includes(kind))
      .map((kind) => `CHANGELOG.md: ${kind} is none of ${kinds.join(', ')}`),
    ...used
      .filter((kind, index) => used.indexOf(kind) !== index)
      .map((kind) => `CHANGELOG.md: ### ${kind} is there twice under ## Unreleased`),
  ];
}

/** The changelog with the unreleased part as a version of that day, and an empty `Unreleased` above it. */
export function cutChangelog(changelog: string, version: string, day: string): string {
  return changelog.replace(/^## Unreleased$/m, `## Unreleased\n\n## ${version} - ${day}`);
}
