import type { GitlabApi } from '../../gitlab/api.ts';
import type { Project } from '../../gitlab/project.ts';
import {
  type GitlabEnvironment,
  listSchedules,
  type ProjectSchedule,
  type ResourceGroup,
  readEnvironments,
  readResourceGroups,
} from '../../gitlab/setup/pipeline-settings.ts';
import { hasBranch, hasMergeRequest, readFileText, readRoot } from '../../gitlab/setup/repository.ts';

/** The branch of the starter merge request. */
export const starterBranch = 'vendhost-start';

/** Identifies a project that vending created until its setup is done; people may change it then. */
export function madeDescription(tenant: string): string {
  return `Virtual hosts of the tenant ${tenant}`;
}

/** What a project has of what vending sets in one that it makes. */
export interface SetupFacts {
  /** Those of the environments' branches that are there. */
  readonly branches: readonly string[];
  readonly environments: readonly GitlabEnvironment[];
  readonly resourceGroups: readonly ResourceGroup[];
  readonly schedules: readonly ProjectSchedule[];
  /** Names at the top of the default branch. */
  readonly root: readonly string[];
  /** Its pipeline file on the default branch. */
  readonly pipelineFile: string | undefined;
  /** The state of the starter merge request: its branch comes before it. It counts in any state. */
  readonly starter: 'none' | 'branch' | 'request';
}

/** What a newly created project has. */
export function newSetup(defaultBranch: string): SetupFacts {
  return {
    ...{ branches: [defaultBranch], environments: [], resourceGroups: [], schedules: [] },
    ...{ root: ['README.md'], pipelineFile: undefined, starter: 'none' },
  };
}

/** Reads it; `branches` are those of the tenant's environments. */
export async function readSetup(
  api: GitlabApi,
  { path, defaultBranch, settings }: Pick<Project, 'path' | 'defaultBranch' | 'settings'>,
  branches: readonly string[],
): Promise<SetupFacts> {
  const [environments, resourceGroups, schedules] = await Promise.all([
    readEnvironments(api, path),
    readResourceGroups(api, path),
    listSchedules(api, path),
  ]);
  const pipelines = { environments, resourceGroups, schedules };
  if (settings.isEmpty || defaultBranch === undefined) {
    return { ...pipelines, branches: [], root: [], pipelineFile: undefined, starter: 'none' };
  }
  const [there, root, isStarted, isRequested] = await Promise.all([
    Promise.all(branches.map(async (branch) => ((await hasBranch(api, path, branch)) ? [branch] : []))),
    readRoot(api, path, defaultBranch),
    hasBranch(api, path, starterBranch),
    hasMergeRequest(api, path, starterBranch),
  ]);
  const file = '.gitlab-ci.yml';
  const pipelineFile = root.includes(file) ? await readFileText(api, path, defaultBranch, file) : undefined;
  const starter = isRequested ? 'request' : isStarted ? 'branch' : 'none';
  return { ...pipelines, branches: there.flat(), root, pipelineFile, starter };
}
