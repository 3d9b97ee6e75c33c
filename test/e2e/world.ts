import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Result } from 'execa';
import { type Aws, openAws } from '../../scripts/aws/session.ts';
import { runVendhost } from '../acceptance/run-vendhost.ts';
import { recorder } from '../builders/recorder.ts';
import { type LocalCloud, placeEnvironment, startLocalCloud } from '../local-cloud/start.ts';
import { type LocalGitlab, startLocalGitlab } from '../local-gitlab/api.ts';
import { git, projectRoot, publishPlatform } from '../local-gitlab/platform.ts';
import { commit, createRepository, type Files } from '../local-gitlab/repository.ts';
import { type LocalPipeline, type PipelineOptions, startPipeline } from '../local-gitlab/run.ts';
import { createIssuer } from '../local-gitlab/tokens.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';
import { ensurePackages } from '../setup/packages.ts';
import { createOwner, managementAccount, type Owner } from './owner.ts';

/** Account of the environment `dev` in examples/platform. */
export const devAccount = '111111111111';
/** Account of the environment `production` there. */
export const productionAccount = '333333333333';
const gitlabAddress = defaultGitlab;
const tenantProject = 'acme/shop';

export interface OperateOptions {
  onLine?: (line: string) => void;
  /** Variables of the command besides. */
  env?: Readonly<Record<string, string>>;
  /** Tells the command to stop. */
  signal?: AbortSignal;
}

/** A platform owner, a tenant, AWS and GitLab: all on this machine. */
export interface World {
  readonly cloud: LocalCloud;
  readonly gitlab: LocalGitlab;
  /** The tenant's repository; its branch is `dev`. */
  readonly repository: string;
  /** The platform's owner: the platform repository and its pipelines. */
  readonly owner: Owner;
  /** Folder of all files of this run. */
  readonly directory: string;
  /** Runs `vendhost` as the platform's owner does by hand: in the platform repository, from the management account. */
  operate(words: readonly string[], options?: OperateOptions): Promise<Result>;
  /** What every job of a pipeline gets from its runner. */
  readonly runnerEnvironment: Readonly<Record<string, string>>;
  /** A file of the tenant's repository. */
  read(file: string): Promise<string>;
  /** Commits files to the tenant's repository without a push. */
  write(files: Files, message: string): Promise<unknown>;
  /** Commits files to the tenant's repository and starts the pipeline of the push to `dev`. */
  push(files: Files, message: string, options?: Partial<PipelineOptions>): Promise<LocalPipeline>;
  /**
   * Commits files to a branch of the tenant's repository, made from `dev` if it is new, and starts the pipeline of its merge request !7 into
   * `dev`, in whose jobs there is a Reporter's token.
   */
  propose(branch: string, files: Files, message: string, options?: Partial<PipelineOptions>): Promise<LocalPipeline>;
  /** AWS with what a job of the tenant's project on `dev` holds: an ID token, good for the deploy role. */
  job(): Promise<Aws>;
  /** Starts the pipeline of a push again, as it is; of another project with that one's variables and settings. */
  pushAgain(options?: Partial<PipelineOptions>): Promise<LocalPipeline>;
  stop(): Promise<void>;
}

/** Starts the local cloud and the local GitLab, with copies of the example repositories. */
export async function startWorld(say: (line: string) => void = () => undefined): Promise<World> {
  await ensurePackages(say);
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-world-'));
  const issuer = await createIssuer({ issuer: gitlabAddress, directory: join(directory, 'issuer') });
  const platform = await publishPlatform({ directory: join(directory, 'git-host'), gitlab: gitlabAddress });
  const repository = join(directory, 'shop');
  const started = await Promise.allSettled([
    startLocalCloud({ jwksFile: issuer.jwksFile, auth: true, say }),
    startGitlab(),
    copyShop(repository),
  ]);
  const [cloud, gitlab] = started;
  const stop = async () => {
    await Promise.all([
      cloud.status === 'fulfilled' ? cloud.value.stop() : undefined,
      gitlab.status === 'fulfilled' ? gitlab.value.stop() : undefined,
    ]);
    await rm(directory, { recursive: true, force: true, maxRetries: 10 });
  };
  const failure = started.find((one) => one.status === 'rejected');
  if (cloud.status === 'rejected' || gitlab.status === 'rejected' || failure !== undefined) {
    await stop();
    throw failure?.reason;
  }
  const pipelines = {
    directory: join(directory, 'pipelines'),
    gitlab: gitlabAddress,
    platform,
    // Nothing that opens AWS: jobs have their ID token only.
    runnerEnvironment: placeEnvironment(cloud.value),
    issuer,
  };
  const owner = await createOwner(join(directory, 'platform'), { endpoint: cloud.value.endpoint, pipelines }).catch(
    async (error: unknown) => {
      await stop();
      throw error;
    },
  );
  const world = { cloud: cloud.value, gitlab: gitlab.value, repository, directory, owner };
  const pushAgain = ({ projectPath = tenantProject, ...options }: Partial<PipelineOptions> = {}) =>
    startPipeline({
      ...pipelines,
      tenantRepository: repository,
      projectPath,
      event: 'push',
      branch: 'dev',
      variables: world.gitlab.variables(projectPath),
      tokenSettings: world.gitlab.tokenSettings(projectPath),
      ...options,
    });
  return {
    ...world,
    runnerEnvironment: pipelines.runnerEnvironment,
    operate: (words, options) => operate(world, words, options),
    read: (file) => readFile(join(repository, file), 'utf8'),
    write: (files, message) => commit(repository, files, message),
    async push(files, message, options) {
      await commit(repository, files, message);
      return await pushAgain(options);
    },
    pushAgain,
    async propose(branch, files, message, options) {
      await git(repository, ['switch', '--quiet', branch]).catch(() =>
        git(repository, ['switch', '--quiet', '--create', branch]),
      );
      await commit(repository, files, message);
      await git(repository, ['switch', '--quiet', 'dev']);
      const all = { environment_scope: '*', variable_type: 'env_var', protected: false, masked: true, raw: true };
      const variables = [
        ...world.gitlab.variables(tenantProject),
        { ...all, key: 'VENDHOST_GITLAB_TOKEN', value: world.gitlab.reporterToken },
        { ...all, key: 'CI_API_V4_URL', value: world.gitlab.api },
      ];
      return await pushAgain({ event: 'merge_request', branch, targetBranch: 'dev', variables, ...options });
    },
    async job() {
      const settings = world.gitlab.tokenSettings(tenantProject)('dev', false, 'dev');
      const subject = { projectPath: tenantProject, ref: 'dev', environment: 'dev', ...settings };
      const token = await issuer.mint(subject, { audience: gitlabAddress });
      const variables = {
        AWS_REGION: 'eu-west-1',
        VENDHOST_ROLE_ARN: `arn:aws:iam::${devAccount}:role/vendhost-dev-shop-deploy`,
      };
      return openAws(recorder({ ...placeEnvironment(world.cloud), VENDHOST_ID_TOKEN: token, ...variables }));
    },
    stop,
  };
}

/** A GitLab with the tenant's project, and with the library for everybody who is signed in. */
async function startGitlab(): Promise<LocalGitlab> {
  const gitlab = await startLocalGitlab({ projects: [tenantProject] });
  for (const project of gitlab.state.projects()) gitlab.state.discussions.addMergeRequest(project, 7);
  gitlab.state.change(gitlab.state.addProject('platform/vendhost'), { visibility: 'internal' });
  return gitlab;
}

async function copyShop(repository: string): Promise<void> {
  await cp(join(projectRoot, 'examples/shop'), repository, { recursive: true });
  await createRepository(repository, {}, 'dev');
}

async function operate(
  { cloud, gitlab, owner, directory }: Pick<World, 'cloud' | 'gitlab' | 'owner' | 'directory'>,
  words: readonly string[],
  { onLine = () => undefined, env = {}, signal }: OperateOptions = {},
): Promise<Result> {
  return await runVendhost({
    words,
    cwd: owner.repository,
    env: {
      HOME: directory,
      ...cloud.env(managementAccount),
      CI_API_V4_URL: gitlab.api,
      VENDHOST_GITLAB_TOKEN: gitlab.token,
      ...env,
    },
    onLine,
    signal,
    limitMs: 600_000,
  });
}
