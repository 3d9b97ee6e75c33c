import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { pinTemplate, templateFolders } from './pin.ts';

/** Longest time of one call of git, in milliseconds. */
const limitMs = 5 * 60_000;

/** A checkout, and the remote to which a release pushes. */
export interface Checkout {
  readonly directory: string;
  /** Address of the remote, without a token. */
  readonly remote: string;
  readonly token: string | undefined;
}

async function git(
  { directory, remote, token }: Checkout,
  words: readonly string[],
  { input, env = {} }: { input?: string; env?: object } = {},
): Promise<string> {
  const { stdout, stderr, failed } = await execa('git', words, {
    cwd: directory,
    reject: false,
    timeout: limitMs,
    stripFinalNewline: true,
    env: { GIT_TERMINAL_PROMPT: '0', ...login(remote, token), ...env },
    ...(input === undefined ? { stdin: 'ignore' } : { input }),
  });
  if (failed) throw new Error(`git ${words[0]} failed: ${stderr}`);
  return stdout;
}

/** References of the remote with their objects, as `git ls-remote` has them: an annotated tag has a second one, with `^{}`, for its commit. */
async function remoteObjects(checkout: Checkout, tags: readonly string[] = []): Promise<ReadonlyMap<string, string>> {
  const patterns = tags.map((tag) => `refs/tags/${tag}`);
  const lines = (await git(checkout, ['ls-remote', '--tags', checkout.remote, ...patterns])).split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, object = '', tag = ''] = /^([0-9a-f]+)\trefs\/tags\/(.+)$/.exec(line) ?? [];
      return tag === '' ? [] : [[tag, object] as const];
    }),
  );
}

/** Tags of the remote with the commits they point to. */
export async function remoteTags(checkout: Checkout): Promise<ReadonlyMap<string, string>> {
  return new Map([...(await remoteObjects(checkout))].map(([tag, commit]) => [tag.replace(/\^\{\}$/, ''), commit]));
}

/** Files that differ from HEAD; with paths, as git takes them, also untracked files below them. */
export async function changedFiles(checkout: Checkout, paths: readonly string[] = []): Promise<string[]> {
  const which = paths.length === 0 ? ['--untracked-files=no'] : ['--untracked-files=all', '--', ...paths];
  const lines = (await git(checkout, ['status', '--porcelain', ...which])).split('\n');
  return lines.flatMap((line) => (line === '' ? [] : [line.slice(3)]));
}

export async function head(checkout: Checkout): Promise<string> {
  return await git(checkout, ['rev-parse', 'HEAD']);
}

/**
 * Makes the commit of a release: HEAD with the templates of `pinTemplate`, and nothing else. Author, time and message follow from HEAD, so
 * the same HEAD and digest give the same commit, whoever makes it and however often. The checkout does not change.
 */
export async function pinnedCommit(checkout: Checkout, version: string, digest: string): Promise<string> {
  const parent = await head(checkout);
  const when = await git(checkout, ['show', '--no-patch', '--format=%cI', parent]);
  const folder = await mkdtemp(join(tmpdir(), 'vendhost-release-'));
  const env = { GIT_INDEX_FILE: join(folder, 'index') };
  try {
    await git(checkout, ['read-tree', parent], { env });
    const listed = await git(checkout, ['ls-files', '--', ...templateFolders.map((each) => `${each}/*.yml`)], { env });
    for (const file of listed.split('\n')) {
      const text = await execa('git', ['show', `${parent}:${file}`], {
        cwd: checkout.directory,
        stripFinalNewline: false,
      });
      const blob = await git(checkout, ['hash-object', '-w', '--stdin'], {
        input: pinTemplate(text.stdout, version, digest),
      });
      await git(checkout, ['update-index', '--cacheinfo', `100644,${blob},${file}`], { env });
    }
    const tree = await git(checkout, ['write-tree'], { env });
    const message = `chore(release): ${version}\n\nThe templates name the image by its digest, ${digest}.\n`;
    return await git(checkout, ['commit-tree', tree, '-p', parent], {
      input: message,
      env: { ...identity('GIT_AUTHOR', when), ...identity('GIT_COMMITTER', when) },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Pushes a new tag, annotated; fails when the remote has it. Its pipeline starts. */
export async function pushVersionTag(checkout: Checkout, tag: string, commit: string): Promise<void> {
  const when = await git(checkout, ['show', '--no-patch', '--format=%cI', commit]);
  const body = `object ${commit}\ntype commit\ntag ${tag}\ntagger Vendhost release <release@vendhost.invalid> ${Date.parse(when) / 1000} +0000\n\n${tag}\n`;
  const object = await git(checkout, ['mktag'], { input: body });
  await git(checkout, ['push', '--quiet', checkout.remote, `${object}:refs/tags/${tag}`]);
}

/**
 * Moves a tag to a commit, if it still points where it did (`from` empty: nowhere); no pipeline starts. Somebody may have made it an
 * annotated one: git compares the tag's own object.
 */
export async function moveTag(
  checkout: Checkout,
  commit: string,
  { tag, from }: { readonly tag: string; readonly from: string },
): Promise<void> {
  const there = await remoteObjects(checkout, [tag, `${tag}^{}`]);
  const object = there.get(tag) ?? '';
  const now = there.get(`${tag}^{}`) ?? object;
  if (now !== from)
    throw new Error(`the tag ${tag} was moved meanwhile, to ${now || 'nowhere'}: run the command again`);
  const lease = `--force-with-lease=refs/tags/${tag}:${object}`;
  // https://docs.gitlab.com/topics/git/commit/#push-options-for-gitlab-cicd
  const words = ['push', '--quiet', '--push-option=ci.skip', lease, checkout.remote, `${commit}:refs/tags/${tag}`];
  await git(checkout, words);
}

function identity(who: 'GIT_AUTHOR' | 'GIT_COMMITTER', when: string) {
  return { [`${who}_NAME`]: 'Vendhost release', [`${who}_EMAIL`]: 'release@vendhost.invalid', [`${who}_DATE`]: when };
}

/** A token for the remote's host, in no argument and no address, where other processes and logs would show it. */
function login(remote: string, token: string | undefined): Readonly<Record<string, string>> {
  if (token === undefined || !/^https?:/.test(remote)) return {};
  return {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${new URL(remote).origin}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`oauth2:${token}`).toString('base64')}`,
  };
}
