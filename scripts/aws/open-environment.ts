import type { Environment } from '../config/environment.ts';
import { names } from '../config/names.ts';
import { type EnvironmentConfig, partitionOf } from '../config/platform.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { type Aws, openAws } from './session.ts';

/** What an environment's account is opened for: a job that only plans has a role that only reads. */
export type AccessMode = 'plan' | 'deploy';

/**
 * Opens an environment's account: in a job of the platform's project with the role its access stack has for that; else
 * with the machine's own credentials, or the environment's `role` when they are of another account. Throws
 * `ACCOUNT_WRONG` when that does not lead into the account.
 */
export async function openEnvironment(
  runtime: Runtime,
  environment: Environment,
  config: EnvironmentConfig,
  purpose: AccessMode,
): Promise<Aws> {
  const { account, region, role } = config;
  if (runtime.env.VENDHOST_ID_TOKEN !== undefined) {
    const jobRole = `arn:${partitionOf(config)}:iam::${account}:role/${names.platformRole(environment, purpose)}`;
    return await checked(openAws(runtime, { region, jobRole }), environment, config);
  }
  const own = openAws(runtime, { region });
  if (role === undefined || (await own.account()) === account) return await checked(own, environment, config);
  return await checked(openAws(runtime, { region, assume: role }), environment, config);
}

async function checked(aws: Aws, environment: Environment, { account }: EnvironmentConfig): Promise<Aws> {
  const actual = await aws.account();
  if (actual === account) return aws;
  throw new VendhostError(
    'ACCOUNT_WRONG',
    `the credentials are of account ${actual}; platform.yml says ${environment} is in ${account}`,
    { hint: `use credentials of account ${account}, or name a role of it: environments.${environment}.role` },
  );
}
