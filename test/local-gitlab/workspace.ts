import { chmod, mkdir, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { stringify } from 'yaml';
import { type EventOptions, eventVariables, type ResolvedEvent, resolveEvent } from './event.ts';
import { cleanGit, git, type PlatformProject, projectRoot, publishPlatform, takeIncludes } from './platform.ts';

/** A variable of the tenant's GitLab project, as GitLab's API has it. */
export interface ProjectVariable {
  key: string;
  value: string;
  /** Environment, pattern like `review/*`, or `*`. */
  environment_scope?: string;
}

export interface WorkspaceOptions extends EventOptions {
  /** The project's git repository on disk; it is cloned, never written to but for the remembered push. */
  tenantRepository: string;
  /** `group/project` of the tenant, or of the platform's own project. */
  projectPath: string;
  /** The project's default branch. Default: master */
  defaultBranch?: string;
  /** Folder for the state of all runs; each makes a fresh folder in it. */
  directory: string;
  /** Address of GitLab. Nothing answers there. Default: https://gitlab.example.test */
  gitlab?: string;
  /** Where `include: project: platform/vendhost` comes from. Default: this checkout, with what is not committed. */
  platform?: PlatformProject;
  variables?: readonly ProjectVariable[];
  /** What a person gives to the `spec:inputs` of the project's own file when starting a pipeline. */
  inputs?: Readonly<Record<string, string>>;
  /** What the runner's machine gives every job, like AWS_ENDPOINT_URL of a local cloud. */
  runnerEnvironment?: Readonly<Record<string, string>>;
  /** Folders with commands that jobs find before all others. */
  path?: readonly string[];
}

/** Everything one start of gitlab-ci-local needs. */
export interface Workspace {
  readonly directory: string;
  readonly checkout: string;
  readonly event: ResolvedEvent;
  readonly gitlab: string;
  readonly pipelineId: string;
  readonly env: Readonly<Record<string, string>>;
  /** Options that every start has. */
  readonly args: readonly string[];
}

export const defaultGitlab = 'https://gitlab.example.test';
export const stateDirectory = '.gitlab-ci-local';

/** Where Node keeps compiled code: each job is a new process, and each pipeline has a home of its own. */
export const compiledCode = join(projectRoot, '.cache/compiled');

/** Clones the tenant's repository at the event's commit, with the refs, variables and commands a pipeline of it sees. */
export async function prepareWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const gitlab = options.gitlab ?? defaultGitlab;
  await requireRsync();
  await mkdir(options.directory, { recursive: true });
  const directory = await mkdtemp(join(options.directory, 'pipeline-'));
  const checkout = join(directory, 'checkout');
  const event = await resolveEvent(options.tenantRepository, options);
  const platform = options.platform ?? (await publishPlatform({ directory: join(directory, 'git-host'), gitlab }));
  await cloneTenant(options, event, checkout, gitlab);
  await Promise.all([
    writeProjectVariables(join(directory, 'home'), options, gitlab),
    writeCommands(join(directory, 'bin')),
    takeIncludes(platform, join(checkout, stateDirectory)),
  ]);
  const pipelineId = nextPipelineId();
  const predefined = {
    ...(await eventVariables(checkout, event, options.projectPath)),
    CI_DEFAULT_BRANCH: defaultBranchOf(options),
    CI_PIPELINE_ID: pipelineId,
    CI_PIPELINE_URL: `${gitlab}/${options.projectPath}/-/pipelines/${pipelineId}`,
  };
  return {
    directory,
    checkout,
    event,
    gitlab,
    pipelineId,
    env: {
      ...options.runnerEnvironment,
      ...cleanGit,
      ...platform.gitConfig,
      HOME: join(directory, 'home'),
      NODE_COMPILE_CACHE: compiledCode,
      LANG: 'C.UTF-8',
      PATH: [
        ...(options.path ?? []),
        join(directory, 'bin'),
        join(projectRoot, 'node_modules/.bin'),
        process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin',
      ].join(delimiter),
    },
    args: [
      '--no-color',
      '--force-shell-executor',
      '--shell-isolation',
      // Its copy of GitLab's schema is behind: an empty list of tags is right.
      '--ignore-schema-paths=#/definitions/tags/minItems',
      `--home=${join(directory, 'home')}`,
      `--evaluate-rule-changes=${event.changesSince !== undefined}`,
      ...Object.entries(options.inputs ?? {}).map(([name, value]) => `--input=${name}=${value}`),
      ...variableArgs(predefined),
    ],
  };
}

async function cloneTenant(options: WorkspaceOptions, event: ResolvedEvent, checkout: string, gitlab: string) {
  const clone = ['clone', '--quiet', '--no-checkout', options.tenantRepository, checkout];
  await git(options.directory, clone);
  await git(checkout, ['checkout', '--quiet', ...(event.event === 'tag' ? [] : ['-B', event.branch]), event.commit]);
  await git(checkout, ['remote', 'set-url', 'origin', `${gitlab}/${options.projectPath}.git`]);
  await git(checkout, ['config', 'user.name', cleanGit.GIT_AUTHOR_NAME]);
  await git(checkout, ['config', 'user.email', cleanGit.GIT_AUTHOR_EMAIL]);
  // gitlab-ci-local takes as changed what differs from origin's default branch: that is where the comparison is set.
  const base = `refs/remotes/origin/${defaultBranchOf(options)}`;
  await git(checkout, ['update-ref', base, event.changesSince ?? event.commit]);
  await git(checkout, ['symbolic-ref', 'refs/remotes/origin/HEAD', base]);
}

const defaultBranchOf = ({ defaultBranch = 'master' }: WorkspaceOptions) => defaultBranch;

async function writeProjectVariables(home: string, { variables = [], projectPath }: WorkspaceOptions, gitlab: string) {
  const byKey: Record<string, { type: 'variable'; values: Record<string, string> }> = {};
  for (const { key, value, environment_scope = '*' } of variables) {
    byKey[key] ??= { type: 'variable', values: {} };
    byKey[key].values[environment_scope] = value;
  }
  const project = `${new URL(gitlab).hostname}/${projectPath}.git`;
  await mkdir(join(home, stateDirectory), { recursive: true });
  await writeFile(join(home, stateDirectory, 'variables.yml'), stringify({ project: { [project]: byKey } }));
}

/** `vendhost` of this checkout, and an `rsync` that does not delete what a job left for its `after_script`. */
async function writeCommands(bin: string) {
  const commands = {
    vendhost: `exec node ${join(projectRoot, 'scripts/vendhost.ts')} "$@"\n`,
    // gitlab-ci-local syncs the checkout again before `after_script`, and so loses artifacts and dotenv reports.
    rsync: `for option do
  shift
  case "$option" in --delete | --delete-excluded) ;; *) set -- "$@" "$option" ;; esac
done
exec ${await which('rsync')} "$@"
`,
  };
  await mkdir(bin, { recursive: true });
  for (const [name, script] of Object.entries(commands)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}`);
    await chmod(join(bin, name), 0o755);
  }
}

async function requireRsync() {
  if ((await which('rsync')) === undefined) {
    throw new Error('gitlab-ci-local needs rsync, which is not installed: apt-get install rsync');
  }
}

async function which(command: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, command);
    if (
      await stat(file).then(
        (found) => found.isFile(),
        () => false,
      )
    )
      return file;
  }
  return undefined;
}

function variableArgs(variables: Readonly<Record<string, string | undefined>>): string[] {
  const set = Object.entries(variables).filter(([, value]) => value !== undefined);
  const unset = Object.keys(variables).filter((name) => variables[name] === undefined);
  return [
    // A dollar sign of a commit message is no variable.
    ...set.map(([name, value]) => `--variable=${name}=${value?.replaceAll('$', '$$$$')}`),
    ...unset.map((name) => `--unset-variable=${name}`),
    `--ignore-predefined-vars=${set.map(([name]) => name).join(',')}`,
  ];
}

let lastPipelineId = 0;

/** Pipelines of all runs differ, as in GitLab: a release takes the pipeline's id for its idempotency token. */
function nextPipelineId(): string {
  lastPipelineId = Math.max(lastPipelineId + 1, Date.now());
  return String(lastPipelineId);
}
