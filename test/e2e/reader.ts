import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import type { ShellBlock } from '../docs/shell-blocks.ts';
import { pythonWith } from '../local-cloud/python.ts';
import { cleanGit, git, projectRoot } from '../local-gitlab/platform.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';
import { managementAccount } from './owner.ts';
import type { World } from './world.ts';

/** Somebody who types what a page says into one shell, in one folder, with the AWS CLI and git. */
export interface Reader {
  /** Runs a block; what it sets counts for those after it. Returns what it printed. Fails as the block does. */
  type(block: Pick<ShellBlock, 'place' | 'text'>): Promise<string>;
  /** The repository on GitLab's side of a project, which `git push` fills. */
  repository(project: string): string;
}

export interface ReaderOptions {
  /** The reader's own projects, which are there and empty. */
  readonly projects: readonly string[];
  /** Profiles of the AWS CLI, each with its account. */
  readonly profiles: Readonly<Record<string, string>>;
}

export async function createReader(world: World, { projects, profiles }: ReaderOptions): Promise<Reader> {
  const home = join(world.directory, 'reader');
  const host = join(home, 'git-host');
  const repository = (project: string) => join(host, `${project}.git`);
  for (const project of projects) {
    await mkdir(repository(project), { recursive: true });
    await git(repository(project), ['init', '--quiet', '--bare']);
  }
  await writeCommands(join(home, 'bin'));
  await mkdir(join(home, '.aws'));
  const credentials = Object.entries(profiles).map(
    ([name, account]) => `[${name}]\naws_access_key_id = ${account}\naws_secret_access_key = local-cloud\n`,
  );
  await writeFile(join(home, '.aws/credentials'), credentials.join('\n'));
  const state = join(home, 'state.sh');
  await writeFile(state, `cd ${home}\n`);
  const env = {
    ...cleanGit,
    ...world.cloud.env(managementAccount),
    // What GitLab's address is to git.
    ...{
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.file://${host}/.insteadOf`,
      GIT_CONFIG_VALUE_0: `${defaultGitlab}/`,
    },
    CI_API_V4_URL: world.gitlab.api,
    HOME: home,
    AWS_PAGER: '',
    PATH: [join(home, 'bin'), join(projectRoot, 'node_modules/.bin'), process.env.PATH].join(delimiter),
  };
  return {
    repository,
    async type({ place, text }) {
      const { exitCode, all } = await execa('bash', ['-c', script(text, state)], {
        ...{ env, extendEnv: false, reject: false, all: true, timeout: 300_000 },
        // What somebody pastes where a block reads a token.
        input: `${world.gitlab.token}\n`,
      });
      if (exitCode === 0) return all;
      throw new Error(`${place} ended with ${exitCode}:\n${text}\n${all}`);
    },
  };
}

/** `# exits with 2: …` behind a command is what it must do; all others must end well. */
function script(text: string, state: string): string {
  const lines = text.split('\n').map((line) => {
    const [, command, code] = /^(.*?) +# exits with (\d+)\b/.exec(line) ?? [];
    if (command === undefined) return line;
    return `code=0; ${command} || code=$?; [ "$code" = ${code} ] || { echo "it exited with $code"; exit 1; }`;
  });
  return [
    'set -euo pipefail',
    `. ${state}`,
    'set -o allexport',
    ...lines,
    `{ export -p; printf 'cd %q\\n' "$PWD"; } > ${state}`,
  ].join('\n');
}

async function writeCommands(bin: string): Promise<void> {
  const python = await pythonWith('requirements.txt', () => undefined, join(import.meta.dirname, 'aws-cli'));
  await mkdir(bin, { recursive: true });
  const commands = {
    vendhost: `node ${join(projectRoot, 'scripts/vendhost.ts')}`,
    aws: `${python} -m awscli`,
  };
  for (const [name, command] of Object.entries(commands)) {
    await writeFile(join(bin, name), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  }
}
