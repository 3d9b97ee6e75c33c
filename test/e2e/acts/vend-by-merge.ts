import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EndedPipeline, Stage } from '../../acceptance/stage.ts';
import { pipeline } from '../../acceptance/steps.ts';
import type { World } from '../world.ts';

const project = 'operations/lanterns';
const mergeRequest = 7;
const file = 'tenants/shop.yml';
const eachOf = (job: string) => ['dev', 'staging', 'production'].map((environment) => `${job}-${environment}`);

/** Takes the tenant out of the platform's register, so that it can come by a merge request; returns its file. */
export async function takeOut({ owner }: World): Promise<string> {
  const text = await readFile(join(owner.repository, file), 'utf8');
  // git keeps no empty folder.
  await owner.write({ [file]: null, 'tenants/.gitkeep': '' }, 'No tenants yet');
  return text;
}

/**
 * A merge request of the platform's project brings a tenant and a change of the platform: its note says what that does to each environment,
 * and after the merge the jobs of dev do it.
 */
export async function vendByMerge(stage: Stage, world: World, tenant: string): Promise<void> {
  const { gitlab, owner } = world;
  const { discussions } = gitlab.state;
  const platform = gitlab.state.addProject(project);
  discussions.addMergeRequest(platform, mergeRequest, 'main');
  const config = await readFile(join(owner.repository, 'platform.yml'), 'utf8');
  const change = {
    [file]: tenant,
    'platform.yml': config.replace('cidr: 10.10.0.0/16', 'cidr: 10.10.0.0/16\n    retention_days: {access: 180}'),
  };
  const variables = [
    { key: 'CI_API_V4_URL', value: gitlab.api },
    { key: 'VENDHOST_GITLAB_TOKEN', value: gitlab.reporterToken },
    // Protected: jobs of merge requests have no environment, and do not get it.
    { key: 'VENDHOST_GITLAB_TOKEN', value: gitlab.token, environment_scope: 'vendhost-platform/dev' },
  ];
  await pipeline(stage, 'merge request', ['validate', ...eachOf('plan'), 'note'], async (watch) => {
    const title = 'A tenant, shop; access logs of dev are kept for half a year';
    return (await owner.propose('shop', change, title, { variables, ...watch })).result;
  });
  showNote(stage, discussions.notes(platform, mergeRequest) ?? []);
  const jobs = ['validate', ...eachOf('prepare'), 'deploy-dev', 'vend-dev'];
  const merged = await pipeline(stage, 'merge', jobs, async (watch) => {
    return (await owner.merge('shop', { variables, ...watch })).result;
  });
  stage.check(
    logOf(merged, 'vend-dev').includes('1 of 1 vended: shop'),
    'vend-dev vended shop, with rights of its own',
  );
}

/** The note's summary, and what it says of the tenant in dev, as GitLab would show it but for its markup. */
function showNote({ say, check }: Stage, notes: readonly { readonly body: string }[]): void {
  const body = notes.map((note) => note.body).join('\n');
  const [summary = '', ...findings] = body.split('🔹 Change · ');
  const [ofShop = ''] = findings.filter((finding) => finding.startsWith('dev: tenants'));
  const shown = `${summary}${ofShop}`.split('\n').filter((line) => !line.startsWith('<'));
  for (const line of shown) say(`    ${line}`);
  check(notes.length === 1 && body.includes('shop is new: it is to be vended'), 'the note says that shop is vended');
}

function logOf({ jobs: all }: EndedPipeline, job: string): string {
  return all.find(({ name }) => name === job)?.log ?? '';
}
