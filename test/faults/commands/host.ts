import { provisionHost } from '../../../scripts/host/provision.ts';
import { makeImage } from '../../builders/image.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { repository } from '../../builders/repository.ts';
import { admitTenant } from '../../builders/tenant.ts';
import type { Prepared, Subject, World } from '../world.ts';

const place = { tenant: 'shop', environment: 'dev' } as const;
const options = ['--tenant', place.tenant, '--environment', place.environment];
const plain = 'instances: { min: 1, max: 2 }\ndatabase: none\n';

async function admitted({ account }: World): Promise<Platform> {
  const platform = await makePlatform(account, { network: true, balancers: 1 });
  await admitTenant(platform, place.tenant);
  return platform;
}

async function provisioning(vendhostYml: string, image: string): Promise<Prepared> {
  const directory = await repository({ 'vendhost.yml': vendhostYml });
  return { words: ['host', 'provision', ...options, '--image', image, '--directory', directory] };
}

/** A virtual host without a database; the image of its instance. */
async function running(platform: Platform): Promise<string> {
  const image = await makeImage(platform, place.tenant);
  const directory = await repository({ 'vendhost.yml': plain });
  await provisionHost(platform.runtime(), { ...place, directory, image, dryRun: false });
  return image;
}

export const hostProvision: Subject = {
  name: 'host provision, new',
  async prepare(world) {
    const platform = await admitted(world);
    return await provisioning('instances: { min: 1, max: 2 }\n', await makeImage(platform, place.tenant));
  },
};

/** Another type of instance: a new launch template, and an instance refresh. */
export const hostProvisionChanged: Subject = {
  name: 'host provision, changed',
  async prepare(world) {
    const image = await running(await admitted(world));
    return await provisioning('instances: { type: t3.medium, min: 1, max: 3 }\ndatabase: none\n', image);
  },
};

export const hostProvisionImage: Subject = {
  name: 'host provision, other image',
  async prepare(world) {
    const platform = await admitted(world);
    await running(platform);
    return await provisioning(plain, await makeImage(platform, place.tenant));
  },
};

export const hostReplace: Subject = {
  name: 'host replace',
  async prepare(world) {
    await running(await admitted(world));
    return { words: ['host', 'replace', ...options] };
  },
};
