import { join } from 'node:path';
import { noteMergeRequest } from '../../../scripts/merge-request/note-merge-request.ts';
import type { Report } from '../../../scripts/report/report.ts';
import { recorder } from '../../builders/recorder.ts';
import { writeTree } from '../../builders/repository.ts';
import { startLocalGitlab } from '../../local-gitlab/api.ts';
import type { Prepared, Subject, World } from '../world.ts';

const project = 'operations/lanterns';
const request = 7;
const ofRequest = { CI_MERGE_REQUEST_IID: String(request), CI_MERGE_REQUEST_PROJECT_PATH: project };

const report = (found: string): Report => ({
  title: 'Plan of dev',
  summary: 'change: 1',
  facts: { commit: 'abc' },
  sections: [
    {
      ...{ id: 'platform/dev', title: 'dev: the platform', summary: '1 stack changed', state: 'found' },
      findings: [{ id: 'dev/network', gravity: 'change', title: found }],
    },
  ],
});

/** A merge request, and the plan of one environment. */
async function ready({ directory }: World) {
  const gitlab = await startLocalGitlab({ projects: [project] });
  const [found] = gitlab.state.projects();
  if (found === undefined) throw new Error(`the local GitLab has no ${project}`);
  gitlab.state.discussions.addMergeRequest(found, request);
  const env = { ...ofRequest, CI_SERVER_URL: gitlab.address, VENDHOST_GITLAB_TOKEN: gitlab.token };
  const plan = (text: string) => writeTree(join(directory, 'plans'), { 'dev.json': JSON.stringify(report(text)) });
  const bodies = () => (gitlab.state.discussions.notes(found, request) ?? []).map(({ body }) => body);
  const prepared: Prepared = {
    words: ['mr', 'note', '--plans', 'plans', '--environments', 'dev'],
    env,
    gitlab,
    things: async () => bodies().map((body) => `note with ${/the \w+ plan/.exec(body)?.[0]}`),
  };
  return { prepared, plan, env: { ...env, CI_API_V4_URL: gitlab.api } };
}

export const mrNote: Subject = {
  name: 'mr note, new',
  async prepare(world) {
    const { prepared, plan } = await ready(world);
    await plan('the first plan');
    return prepared;
  },
};

export const mrNoteChanged: Subject = {
  name: 'mr note, changed',
  async prepare(world) {
    const { prepared, plan, env } = await ready(world);
    await plan('the first plan');
    const options = { title: 'Plan of the platform', key: 'mr-plan/platform', plans: 'plans', page: undefined };
    await noteMergeRequest(recorder(env, { cwd: world.directory }), { ...options, environments: ['dev'] });
    await plan('the second plan');
    return prepared;
  },
};
