import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { GitlabState } from './api-state.ts';
import { createRepository } from './repository.ts';
import { runPipeline } from './run.ts';
import { subjectSettings } from './subject.ts';
import { createIssuer } from './tokens.ts';
import { defaultGitlab } from './workspace.ts';

const pipeline = `
shows:
  id_tokens: { TOKEN: { aud: aws } }
  script:
    - echo "$CI_MERGE_REQUEST_SOURCE_PROJECT_PATH into $CI_MERGE_REQUEST_PROJECT_PATH, runs in $CI_PROJECT_PATH"
    - echo "token $TOKEN"
`;

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'local-gitlab-forks-'));
});

test.each([
  { where: 'in the fork', place: { projectPath: 'somebody/shop', targetProject: 'acme/shop' } },
  { where: 'in the project', place: { projectPath: 'acme/shop', fork: 'somebody/shop' } },
])(
  "a fork's merge request that runs $where: its ID token names the fork",
  async ({ where, place }) => {
    const state = new GitlabState();
    const project = state.addProject('acme/shop');
    const fork = state.addProject('somebody/shop');
    const components = ['project_id', 'ref_type', 'ref'];
    state.change(project, { ci_id_token_sub_claim_components: components });
    const { jobs } = await runPipeline({
      tenantRepository: await createRepository(join(directory, where), { '.gitlab-ci.yml': pipeline }, 'dev'),
      ...{ ...place, event: 'merge_request', branch: 'dev', targetBranch: 'dev' },
      directory: join(directory, 'runs'),
      issuer: await createIssuer({ issuer: defaultGitlab, directory }),
      tokenSettings: subjectSettings(state, where === 'in the fork' ? fork : project),
    });
    const log = jobs[0]?.log ?? '';
    expect(log).toContain(`somebody/shop into acme/shop, runs in ${place.projectPath}`);
    expect(decodeJwt(/^token (\S+)$/m.exec(log)?.[1] ?? '')).toMatchObject({
      ...{ project_path: 'somebody/shop', project_id: String(fork.id), ref: 'dev', ref_protected: 'false' },
      // The components are those of the project that the pipeline runs in.
      sub: `${where === 'in the fork' ? 'project_path:somebody/shop' : `project_id:${fork.id}`}:ref_type:branch:ref:dev`,
    });
  },
  60_000,
);
