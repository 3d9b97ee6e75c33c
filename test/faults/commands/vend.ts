import { vendTenant } from '../../../scripts/tenant/vend.ts';
import { makePlatform } from '../../builders/platform.ts';
import { platformRepository } from '../../builders/platform-repository.ts';
import { type LocalGitlab, startLocalGitlab } from '../../local-gitlab/api.ts';
import type { Prepared, Subject, World } from '../world.ts';

const project = 'acme/shop';
const host = (name: string) => `${name}.dev.example.com`;

function settings(gitlab: LocalGitlab): string[] {
  const found = gitlab.state.project(project);
  const branches = found === undefined ? [] : gitlab.state.protectedBranches(found);
  return [
    ...gitlab.variables(project).map(({ key, environment_scope: scope }) => `variable ${key} of ${scope}`),
    ...branches.map(({ name }) => `protected branch ${name}`),
  ];
}

/** A platform, and the file of a tenant with these hosts. */
async function ready({ account }: World, hosts: readonly string[]) {
  await makePlatform(account, { network: true, balancers: 1 });
  const repository = await platformRepository(account.account);
  const gitlab = await startLocalGitlab({ projects: [project] });
  const write = (names: readonly string[]) =>
    repository.writeTenant('shop', { project, hosts: { dev: names.map(host) } });
  await write(hosts);
  const { directory } = repository;
  const words = ['tenant', 'vend', 'shop', '--environment', 'dev', '--protect-branches', '--directory', directory];
  const env = { VENDHOST_GITLAB_TOKEN: gitlab.token };
  const prepared: Prepared = { words, env, gitlab, things: async () => settings(gitlab) };
  return { prepared, directory, gitlab, write };
}

export const tenantVend: Subject = {
  name: 'tenant vend, new',
  prepare: async (world) => (await ready(world, ['shop', 'www'])).prepared,
};

/** One host stays, one goes and one comes. */
export const tenantVendChanged: Subject = {
  name: 'tenant vend, changed',
  async prepare(world) {
    const { prepared, directory, write } = await ready(world, ['shop', 'www']);
    const options = { directory, tenant: 'shop', environment: 'dev', dryRun: false, protectBranches: false } as const;
    await vendTenant(world.account.runtime(), options);
    await write(['shop', 'store']);
    return prepared;
  },
};
