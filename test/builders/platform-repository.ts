import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { issueCertificate } from '../local-cloud/certificate.ts';
import { writeTree } from './repository.ts';
import { environmentConfig } from './sample.ts';

/** A platform repository on disk, for one account: `dev` and `staging` are in it, `production` is elsewhere. Gone after the run. */
export interface PlatformRepository {
  readonly directory: string;
  writeTenant(name: string, config: object): Promise<void>;
  /** Writes `platform.yml` with these changes of environments, and other keys of the file. */
  writePlatform(changes?: Readonly<Record<string, object>>, others?: object): Promise<void>;
  /** Has the local cloud issue the certificate of every environment, in its account, and writes `platform.yml`. */
  certify(endpoint: string): Promise<void>;
}

export interface RepositoryOptions {
  /** Account of `staging`, when it is not that of `dev`. */
  readonly staging?: string;
  readonly production?: string;
}

export async function platformRepository(
  account: string,
  { staging = account, production = '999999999999' }: RepositoryOptions = {},
): Promise<PlatformRepository> {
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-platform-'));
  const write = (file: string, value: object) => writeTree(directory, { [file]: stringify(value) });
  const environments: Record<string, ReturnType<typeof environmentConfig>> = {
    dev: environmentConfig('dev', account),
    staging: environmentConfig('staging', staging),
    production: environmentConfig('production', production),
  };
  const repository: PlatformRepository = {
    directory,
    writeTenant: (name, config) => write(`tenants/${name}.yml`, config),
    writePlatform(changes = {}, others = {}) {
      const all = { ...changes, ...environments };
      const merged = Object.entries(all).map(([name, each]) => [name, { ...each, ...changes[name] }]);
      const gitlab = 'https://gitlab.example.test';
      return write('platform.yml', { name: 'lanterns', gitlab, ...others, environments: Object.fromEntries(merged) });
    },
    async certify(endpoint) {
      for (const [name, place] of Object.entries(environments)) {
        const certificate = await issueCertificate(endpoint, place.account, place.domain, `*.${place.domain}`);
        environments[name] = { ...place, certificate };
      }
      await repository.writePlatform();
    },
  };
  await repository.writePlatform();
  return repository;
}
