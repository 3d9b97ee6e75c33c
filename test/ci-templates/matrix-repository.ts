import { git } from '../local-gitlab/platform.ts';
import { commit, createRepository, type Files } from '../local-gitlab/repository.ts';

const written = {
  software: { 'software/index.html': 'new' },
  infrastructure: { 'infrastructure/deep/install.sh': 'new' },
  configuration: { 'vendhost.yml': 'instances: {}' },
  'similar names': { 'infrastructure.md': 'new', 'docs/vendhost.yml': 'new' },
  both: { 'software/index.html': 'new', 'infrastructure/deep/install.sh': 'new' },
  nothing: {},
} as const satisfies Readonly<Record<string, Files>>;
export type Changes = keyof typeof written;

/** The files that each kind of change is made of. */
export const changedFiles = Object.fromEntries(
  Object.entries(written).map(([changes, files]) => [changes, Object.keys(files)]),
) as unknown as Readonly<Record<Changes, readonly string[]>>;

const branches = ['dev', 'staging', 'feature/cart', 'main', 'bigger', 'master'];

/** A repository whose branches all end with this change: made by one commit, by a merge, or in place of `replaced`. */
export async function repositoryWith(
  place: string,
  pipeline: string,
  changes: Changes,
  manner: string,
): Promise<string> {
  const repository = await createRepository(
    place,
    { '.gitlab-ci.yml': pipeline, 'infrastructure/deep/install.sh': 'old', 'software/index.html': 'old' },
    'work',
  );
  if (manner === 'a merge commit') {
    await git(repository, ['checkout', '--quiet', '-b', 'side']);
    await commit(repository, written[changes], 'Change on the side');
    await git(repository, ['checkout', '--quiet', 'work']);
    await git(repository, ['merge', '--quiet', '--no-ff', '--no-edit', 'side']);
  } else {
    if (manner === 'forced') {
      await git(repository, ['checkout', '--quiet', '-b', 'replaced']);
      await commit(repository, { 'README.md': 'a commit that the push takes away' }, 'Replaced');
      await git(repository, ['checkout', '--quiet', 'work']);
    }
    await commit(repository, written[changes], `Change ${changes}`);
  }
  for (const branch of branches) await git(repository, ['branch', '--force', branch]);
  await git(repository, ['tag', 'v1.0.0']);
  return repository;
}
