import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { issueCertificate } from '../local-cloud/certificate.ts';
import { organizationRole } from '../local-cloud/organization.ts';
import { git, projectRoot } from '../local-gitlab/platform.ts';
import { commit, createRepository, type Files } from '../local-gitlab/repository.ts';
import { type PipelineOptions, type RunningPipeline, startPipeline } from '../local-gitlab/run.ts';

/** The organization's account: the platform's owner works with its credentials, and takes a role in each environment's. */
export const managementAccount = '444444444444';
/** Project and branch of the platform repository, as examples/platform says. */
const platformProject = 'operations/lanterns';
const branch = 'main';

/** The platform repository and what its project on GitLab does with it. */
export interface Owner {
  /** The working copy; its branch is `main`. */
  readonly repository: string;
  /** Commits files to `main` without a push. */
  write(files: Files, message: string): Promise<unknown>;
  /** Commits files to a new branch and starts the pipeline of its merge request into `main`. */
  propose(branch: string, files: Files, message: string, options?: Partial<PipelineOptions>): Promise<RunningPipeline>;
  /** Merges a branch into `main` and starts the pipeline of that push. `manual` names the jobs somebody starts. */
  merge(branch: string, options?: Partial<PipelineOptions>): Promise<RunningPipeline>;
  /** Starts a pipeline for a branch as it is; a push to `main` without options. */
  start(options?: Partial<PipelineOptions>): Promise<RunningPipeline>;
}

/** Makes the platform repository out of examples/platform, with certificates that the cloud's accounts really have. */
export async function createOwner(
  repository: string,
  {
    endpoint,
    pipelines,
  }: { endpoint: string; pipelines: Omit<PipelineOptions, 'event' | 'branch' | 'tenantRepository' | 'projectPath'> },
): Promise<Owner> {
  await cp(join(projectRoot, 'examples/platform'), repository, { recursive: true });
  await openAccounts(join(repository, 'platform.yml'), endpoint);
  await createRepository(repository, {}, branch);
  const start = (options: Partial<PipelineOptions> = {}) =>
    startPipeline({
      ...pipelines,
      tenantRepository: repository,
      projectPath: platformProject,
      defaultBranch: branch,
      event: 'push',
      branch,
      ...options,
    });
  return {
    repository,
    start,
    write: (files, message) => commit(repository, files, message),
    async propose(name, files, message, options) {
      await git(repository, ['switch', '--quiet', '--create', name]);
      await commit(repository, files, message);
      await git(repository, ['switch', '--quiet', branch]);
      return await start({ event: 'merge_request', branch: name, targetBranch: branch, ...options });
    },
    async merge(name, options) {
      await git(repository, ['merge', '--quiet', '--no-ff', '--message', `Merge branch '${name}'`, name]);
      return await start(options);
    },
  };
}

interface Environment {
  readonly account: string;
  readonly domain: string;
  readonly certificate: string;
}

/** Gives each environment's account the organization's role, and its file the ARN of a certificate for its domain. */
async function openAccounts(file: string, endpoint: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  const { environments } = parse(text) as { environments: Record<string, Environment> };
  const all = Object.values(environments);
  const [arns] = await Promise.all([
    Promise.all(all.map(({ account, domain }) => issueCertificate(endpoint, account, domain, `*.${domain}`))),
    Promise.all(all.map(({ account }) => organizationRole(endpoint, account, managementAccount))),
  ]);
  const issued = all.reduce((changed, { certificate }, at) => changed.replace(certificate, arns[at] ?? ''), text);
  await writeFile(file, issued);
}
