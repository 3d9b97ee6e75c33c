import { awsError } from '../aws/foreseen-errors.ts';
import { type AccessMode, openEnvironment } from '../aws/open-environment.ts';
import type { Aws } from '../aws/session.ts';
import { type Environment, environments } from '../config/environment.ts';
import { environmentOf } from '../config/files.ts';
import type { EnvironmentConfig, PlatformConfig } from '../config/platform.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { checkCertificate } from './certificate.ts';
import { combined, type Each, type EnvironmentFault, forEach } from './each.ts';

/** Which environments a command is for. */
export type EnvironmentChoice = Environment | 'all';

/** An environment whose account is open. */
export interface EnvironmentTarget {
  readonly environment: Environment;
  readonly config: EnvironmentConfig;
  readonly aws: Aws;
}

/** The chosen environments of `platform.yml`. Throws `ENVIRONMENT_UNKNOWN`. */
export function chosenEnvironments(
  platform: PlatformConfig,
  choice: EnvironmentChoice,
): Omit<EnvironmentTarget, 'aws'>[] {
  if (choice !== 'all') return [{ environment: choice, config: environmentOf(platform, choice) }];
  return environments.flatMap((environment) => {
    const config = platform.environments[environment];
    return config === undefined ? [] : [{ environment, config }];
  });
}

export interface TargetOptions {
  readonly purpose: AccessMode;
  /** Whether the certificates of the load balancers are checked too. */
  readonly certificates?: boolean;
}

/**
 * Opens the accounts of the chosen environments. Throws before anything is changed when one of them is not ready:
 * `ACCOUNT_WRONG` or what the certificate check throws; several faults are combined as `ENVIRONMENTS_WRONG`.
 */
export async function openTargets(
  runtime: Runtime,
  platform: PlatformConfig,
  choice: EnvironmentChoice,
  options: TargetOptions,
): Promise<readonly EnvironmentTarget[]> {
  const { done, faults } = await openEach(runtime, platform, choice, options);
  if (faults.length > 0) throw notReady(faults);
  return done;
}

/** Environments that a command looks at, and those that it could not. */
export interface ReachedTargets {
  readonly targets: readonly EnvironmentTarget[];
  readonly unreached: readonly EnvironmentFault[];
}

/**
 * Like `openTargets`, for commands that only look: an account that cannot be opened hides nothing of the others, and the command
 * shows it as unknown. Throws as `openTargets` does when none can be opened.
 */
export async function openReachable(
  runtime: Runtime,
  platform: PlatformConfig,
  choice: EnvironmentChoice,
  options: TargetOptions = { purpose: 'plan' },
): Promise<ReachedTargets> {
  const { done, faults } = await openEach(runtime, platform, choice, options);
  if (done.length === 0 && faults.length > 0) throw notReady(faults);
  return { targets: done, unreached: faults };
}

async function openEach(
  runtime: Runtime,
  platform: PlatformConfig,
  choice: EnvironmentChoice,
  { purpose, certificates = false }: TargetOptions,
): Promise<Each<EnvironmentTarget>> {
  return await forEach(runtime, chosenEnvironments(platform, choice), async ({ environment, config }) => {
    const aws = await openEnvironment(runtime, environment, config, purpose).catch((thrown: unknown) => {
      throw refused(runtime, platform, { environment, purpose }, thrown);
    });
    if (certificates) for (const line of await checkCertificate(aws, environment, config)) runtime.out.warn(line);
    return { environment, config, aws };
  });
}

function notReady(faults: readonly EnvironmentFault[]): VendhostError {
  return combined(faults, 'ENVIRONMENTS_WRONG', 'nothing was changed: these environments are not ready');
}

/** The roles of the platform's project have another trust than those of a tenant, so the hint differs. */
function refused(
  { env }: Runtime,
  { branch }: PlatformConfig,
  { environment, purpose }: { environment: Environment; purpose: AccessMode },
  thrown: unknown,
): unknown {
  const error = awsError(thrown, env);
  if (error?.code !== 'ROLE_REFUSED') return thrown;
  const who =
    purpose === 'plan'
      ? 'jobs of the project in platform.yml'
      : `jobs of the project in platform.yml on its branch ${branch}`;
  return new VendhostError(error.code, error.message, {
    hint: `only ${who} may; an administrator deploys the roles: vendhost platform deploy --environment ${environment} --layer access`,
    cause: thrown,
  });
}
