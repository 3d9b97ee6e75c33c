import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';

/** The checkout that this file belongs to. */
export const projectRoot = fileURLToPath(new URL('../../', import.meta.url));

/** Git that knows neither the user's nor the machine's configuration, and commits without a user's name. */
export const cleanGit = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Developer',
  GIT_AUTHOR_EMAIL: 'developer@example.test',
  GIT_COMMITTER_NAME: 'Developer',
  GIT_COMMITTER_EMAIL: 'developer@example.test',
} as const;

/** Runs git in a directory and returns its output without the last line end. */
export async function git(directory: string, args: readonly string[], env: Record<string, string> = {}) {
  const { stdout } = await execa('git', [...args], { cwd: directory, env: { ...cleanGit, ...env } });
  return stdout;
}

export interface PlatformProject {
  /** Folder of the git host; projects are below it. */
  readonly directory: string;
  /** Git settings with which `https://HOST/platform/…` is this folder. */
  readonly gitConfig: Readonly<Record<string, string>>;
  /**
   * Its files by host, project and ref, as gitlab-ci-local keeps what it fetched: it would clone the project for every
   * single file, and fails when it fetches one twice at the same time.
   */
  readonly includes: string;
}

/** What a project can include: files, and the same as components. */
const folders = ['ci-templates', 'templates'];

/**
 * Makes the project `platform/vendhost` of a git host out of this checkout, with what is not committed yet.
 * Only its templates are in it: an include reads nothing else.
 */
export async function publishPlatform(options: {
  directory: string;
  gitlab: string;
  refs?: readonly string[];
}): Promise<PlatformProject> {
  const { directory, gitlab } = options;
  const repository = join(directory, 'platform/vendhost.git');
  await mkdir(repository, { recursive: true });
  await git(repository, ['init', '--quiet', '--bare', '--initial-branch=main']);
  const place = { GIT_DIR: repository, GIT_WORK_TREE: projectRoot };
  await git(projectRoot, ['add', '--', ...folders], place);
  await git(projectRoot, ['commit', '--quiet', '--message', 'Templates of this checkout'], place);
  const includes = join(directory, 'includes');
  for (const ref of options.refs ?? [`v${await version()}`]) {
    await git(repository, ['tag', ref]);
    const fetched = join(includes, new URL(gitlab).hostname, 'platform/vendhost', ref);
    for (const folder of folders) await cp(join(projectRoot, folder), join(fetched, folder), { recursive: true });
  }
  // gitlab-ci-local fetches single files by commit.
  await git(repository, ['config', 'uploadpack.allowFilter', 'true']);
  await git(repository, ['config', 'uploadpack.allowAnySHA1InWant', 'true']);
  const { protocol, hostname } = new URL(gitlab);
  const port = new URL(gitlab).port || (protocol === 'https:' ? '443' : '80');
  // Of this one project: others of the group, as the one that approves, are where their remote says.
  const names = [gitlab, `${protocol}//${hostname}:${port}`].map((host) => `${host}/platform/vendhost`);
  const key = `url.file://${join(directory, 'platform/vendhost')}.insteadOf`;
  return {
    directory,
    includes,
    gitConfig: {
      GIT_CONFIG_COUNT: String(names.length),
      ...Object.fromEntries(
        names.flatMap((name, index) => [
          [`GIT_CONFIG_KEY_${index}`, key],
          [`GIT_CONFIG_VALUE_${index}`, name],
        ]),
      ),
    },
  };
}

/** Puts the files of the project into a run's state, as if they had been fetched before. */
export async function takeIncludes({ includes }: PlatformProject, state: string): Promise<void> {
  await cp(includes, join(state, 'includes'), { recursive: true });
}

/** The project's version, which is the templates' too. */
export async function version(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8')) as { version: string };
  return version;
}
