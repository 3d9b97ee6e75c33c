import { onTestFinished } from 'vitest';
import { type GitlabApi, openGitlab } from '../../../scripts/gitlab/api.ts';
import { type Recorder, recorder } from '../../builders/recorder.ts';
import { type LocalGitlab, startLocalGitlab } from '../../local-gitlab/api.ts';
import type { Project } from '../../local-gitlab/api-state.ts';

export interface OpenGitlab {
  readonly gitlab: LocalGitlab;
  readonly project: Project;
  readonly runtime: Recorder;
  readonly api: GitlabApi;
  /** The API with another token. */
  readonly as: (token: string) => GitlabApi;
}

/** A local GitLab with the project `acme/shop` and its merge request 7, opened as its Maintainer; it waits 1 ms at most. */
export async function openLocalGitlab(): Promise<OpenGitlab> {
  const gitlab = await startLocalGitlab({ projects: ['acme/shop'] });
  onTestFinished(() => gitlab.stop());
  const [project] = gitlab.state.projects();
  if (project === undefined) throw new Error('no project');
  gitlab.state.discussions.addMergeRequest(project, 7);
  const runtime = recorder();
  const as = (token: string) => {
    const env = { CI_API_V4_URL: gitlab.api, VENDHOST_GITLAB_TOKEN: token };
    const api = openGitlab({ ...runtime, env }, 'https://other.test', { first: 1, most: 2_000 });
    if (api === undefined) throw new Error('no API');
    return api;
  };
  return { gitlab, project, runtime, api: as(gitlab.token), as };
}
