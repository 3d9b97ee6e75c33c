import { provisionHost } from '../../../scripts/host/provision.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import { makeImage } from '../../builders/image.ts';
import { makePlatform } from '../../builders/platform.ts';
import { platformRepository } from '../../builders/platform-repository.ts';
import { repository } from '../../builders/repository.ts';
import { startLocalGitlab } from '../../local-gitlab/api.ts';
import type { Prepared, Subject, World } from '../world.ts';

const place = { tenant: 'shop', environment: 'dev' } as const;
const project = 'acme/shop';

/** A vended tenant with a virtual host, a database and variables in GitLab. */
async function whole({ account }: World) {
  const platform = await makePlatform(account, { network: true, balancers: 1 });
  const { directory, writeTenant } = await platformRepository(account.account);
  const gitlab = await startLocalGitlab({ projects: [project] });
  const env = { VENDHOST_GITLAB_TOKEN: gitlab.token };
  await writeTenant(place.tenant, { project, hosts: { dev: ['shop.dev.example.com'] } });
  await vendTenant(account.runtime(), { ...place, directory, dryRun: false });
  const image = await makeImage(platform, place.tenant);
  const files = await repository({ 'vendhost.yml': 'instances: { min: 1, max: 2 }\n' });
  await provisionHost(platform.runtime(), { ...place, directory: files, image, dryRun: false });
  return { directory, gitlab, env };
}

export const hostDestroy: Subject = {
  name: 'host destroy',
  async prepare(world) {
    await whole(world);
    return { words: ['host', 'destroy', '--tenant', place.tenant, '--environment', place.environment] };
  },
};

/** With all there is of it. */
export const tenantRetire: Subject = {
  name: 'tenant retire',
  async prepare(world): Promise<Prepared> {
    const { directory, gitlab, env } = await whole(world);
    // Vended once more, by somebody with a token: now the project has variables.
    const runtime = world.account.runtime();
    const withToken = { ...runtime, env: { ...runtime.env, ...env, CI_API_V4_URL: gitlab.api } };
    const vending = { ...place, directory, dryRun: false, protectBranches: true };
    await vendTenant(withToken, vending);
    const words = ['tenant', 'retire', place.tenant, '--environment', place.environment, '--directory', directory];
    const things = async () =>
      gitlab.variables(project).map(({ key, environment_scope: scope }) => `variable ${key} of ${scope}`);
    return { words: [...words, '--delete-database', '--delete-files'], env, gitlab, things };
  },
};
