import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { issueCertificate } from '../../local-cloud/certificate.ts';

/** A platform repository on disk, for one account: `dev` and `staging` are in it, `production` is elsewhere. */
export interface PlatformRepository {
  readonly directory: string;
  writeTenant(name: string, config: object): Promise<void>;
  /** Writes `platform.yml` with these changes of environments, and other keys of the file. */
  writePlatform(changes?: Readonly<Record<string, object>>, others?: object): Promise<void>;
  /** Has the local cloud issue the certificate of every environment, in its account, and writes `platform.yml`. */
  certify(endpoint: string): Promise<void>;
  remove(): Promise<void>;
}

interface Place {
  readonly account: string;
  readonly region: string;
  readonly cidr: string;
  readonly domain: string;
  readonly certificate: string;
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
  const write = async (file: string, value: object) => {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), stringify(value));
  };
  const environment = (owner: string, name: string, second: number): Place => ({
    account: owner,
    region: 'eu-west-1',
    cidr: `10.${second}.0.0/16`,
    domain: `${name}.example.com`,
    certificate: `arn:aws:acm:eu-west-1:${owner}:certificate/0c5f3a52`,
  });
  const environments: Record<string, Place> = {
    dev: environment(account, 'dev', 10),
    staging: environment(staging, 'staging', 20),
    production: environment(production, 'production', 30),
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
    remove: () => rm(directory, { recursive: true }),
  };
  await repository.writePlatform();
  return repository;
}
