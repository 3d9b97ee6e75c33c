import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';

/** A platform repository on disk, for one account: `dev` and `staging` are in it, `production` is elsewhere. */
export interface PlatformRepository {
  readonly directory: string;
  writeTenant(name: string, config: object): Promise<void>;
  writePlatform(changes?: Readonly<Record<string, object>>): Promise<void>;
  remove(): Promise<void>;
}

export async function platformRepository(account: string): Promise<PlatformRepository> {
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-platform-'));
  const write = async (file: string, value: object) => {
    await mkdir(dirname(join(directory, file)), { recursive: true });
    await writeFile(join(directory, file), stringify(value));
  };
  const environment = (owner: string, name: string, second: number) => ({
    account: owner,
    region: 'eu-west-1',
    cidr: `10.${second}.0.0/16`,
    domain: `${name}.example.com`,
    certificate: `arn:aws:acm:eu-west-1:${owner}:certificate/0c5f3a52`,
  });
  const environments: Record<string, object> = {
    dev: environment(account, 'dev', 10),
    staging: environment(account, 'staging', 20),
    production: environment('999999999999', 'production', 30),
  };
  const repository: PlatformRepository = {
    directory,
    writeTenant: (name, config) => write(`tenants/${name}.yml`, config),
    writePlatform(changes = {}) {
      const merged = Object.entries(environments).map(([name, each]) => [name, { ...each, ...changes[name] }]);
      const gitlab = 'https://gitlab.example.test';
      return write('platform.yml', { name: 'lanterns', gitlab, environments: Object.fromEntries(merged) });
    },
    remove: () => rm(directory, { recursive: true }),
  };
  await repository.writePlatform();
  return repository;
}
