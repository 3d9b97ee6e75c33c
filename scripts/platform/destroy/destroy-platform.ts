import { readPlatformConfig } from '../../config/files.ts';
import { names } from '../../config/names.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import { exitCodes, VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { combined, type EnvironmentFault, forEach } from '../each.ts';
import { chosenEnvironments, type EnvironmentChoice, type EnvironmentTarget, openTargets } from '../targets.ts';
import { endpointsToGo, type OwnEndpoint, removeEndpoint } from './delete-endpoint.ts';
import { openOwnProviders, providersToGo, removeProvider } from './delete-provider.ts';
import { destroyLeftovers } from './delete-stacks.ts';
import { type PlatformLeftovers, readLeftovers } from './plan-destruction.ts';

export interface DestroyPlatformOptions {
  /** Folder with `platform.yml`. */
  readonly directory: string;
  readonly environment: EnvironmentChoice;
  /** Name of the platform, which production asks for. */
  readonly yesDestroy?: string | undefined;
  /** Only show what would be destroyed; exit code 2 when there is something. */
  readonly dryRun: boolean;
}

/**
 * Destroys environments' platforms, in the reverse order of a deploy, with their buckets; the key stays. Throws
 * `TENANTS_EXIST` before anything is destroyed, `CONFIRMATION_MISSING` for production without the platform's name.
 */
export async function destroyPlatform(runtime: Runtime, options: DestroyPlatformOptions): Promise<number | undefined> {
  const { directory, environment, dryRun } = options;
  const platform = await readPlatformConfig(directory);
  checkConfirmation(runtime, platform, options);
  const targets = await openTargets(runtime, platform, environment, { purpose: 'deploy' });
  const { done: leftovers, faults } = await forEach(runtime, targets, readLeftovers);
  if (faults.length > 0) throw notDestroyed(faults);

  const accounts = await openOwnProviders(runtime, platform, targets);
  const leaving = targets.map((target) => target.environment);
  const going = await providersToGo(accounts, leaving);
  const endpoints = await endpointsToGo(accounts, leaving);
  const isSomething = going.length + endpoints.length > 0 || leftovers.some((each) => sizeOf(each) > 0);
  const shown = {
    environments: leftovers,
    providers: going.map(({ account, region }) => ({ account, region })),
    webhooks: endpoints.map(({ account, region }) => ({ account, region })),
  };
  const lines = [
    ...leftovers.flatMap(leftoverLines),
    ...endpoints.map(endpointLine),
    ...going.map(({ account }) => providerLine(account)),
  ];
  if (dryRun || !isSomething) {
    runtime.out.result({ destroyed: false, differs: isSomething, ...shown }, lines.join('\n'));
    return isSomething ? exitCodes.differs : undefined;
  }
  for (const line of lines) runtime.out.step(line);
  // Who names the platform has answered.
  if (options.yesDestroy === undefined) await runtime.out.confirm(`destroy this of ${platform.name}?`);

  const ends = await forEach(runtime, pairs(targets, leftovers), async ({ target, leftovers: left }) =>
    destroyLeftovers(runtime, target, left),
  );
  if (ends.faults.length > 0) throw combined(ends.faults, 'DESTROY_FAILED', 'cannot destroy');
  // Another deploy may have run in the meantime: read the stacks again.
  for (const place of await endpointsToGo(accounts, [])) await removeEndpoint(runtime, place);
  for (const place of await providersToGo(accounts, [])) await removeProvider(runtime, place);
  runtime.out.result({ destroyed: true, ...shown }, leftovers.flatMap(endLines).join('\n'));
  return undefined;
}

function checkConfirmation(
  { env }: Runtime,
  platform: PlatformConfig,
  { environment, yesDestroy, dryRun }: DestroyPlatformOptions,
): void {
  if (env.VENDHOST_ID_TOKEN !== undefined && !dryRun) {
    throw new VendhostError('NOT_IN_A_JOB', 'a job does not have the rights to destroy a platform', {
      hint: "run the command by hand, with an administrator's credentials",
    });
  }
  if (yesDestroy !== undefined && yesDestroy !== platform.name) {
    throw new VendhostError('CONFIRMATION_WRONG', `--yes-destroy ${yesDestroy} is not the platform's name`, {
      hint: `platform.yml names it ${platform.name}: check that this is the platform you want to destroy`,
    });
  }
  const isProduction = chosenEnvironments(platform, environment).some((each) => each.environment === 'production');
  if (!isProduction || dryRun || yesDestroy !== undefined) return;
  throw new VendhostError('CONFIRMATION_MISSING', 'production is destroyed only when the platform is named', {
    hint: `see what would be destroyed with --dry-run, then give: --yes-destroy ${platform.name}`,
  });
}

function pairs(targets: readonly EnvironmentTarget[], leftovers: readonly PlatformLeftovers[]) {
  return targets.map((target, index) => ({
    environment: target.environment,
    target,
    leftovers: leftovers[index] as PlatformLeftovers,
  }));
}

function sizeOf({ steps, buckets }: PlatformLeftovers): number {
  return steps.length + buckets.length;
}

function leftoverLines(leftovers: PlatformLeftovers): string[] {
  const { environment, account, region, steps, buckets, key } = leftovers;
  if (sizeOf(leftovers) === 0) return [`${environment}: nothing is left in account ${account}, ${region}`];
  return [
    `${environment} in account ${account}, ${region}`,
    ...steps.flat().map((stack) => `  - stack ${stack}`),
    ...buckets.map((bucket) => `  - bucket ${bucket} with every object and version in it`),
    ...(key === undefined ? [] : [`  = key ${key} stays: images and snapshots are encrypted with it`]),
  ];
}

function providerLine(account: string): string {
  return `account ${account}\n  - stack ${names.gitlabStack}: no environment is left in the account`;
}

function endpointLine({ account, region }: OwnEndpoint): string {
  return `account ${account}, ${region}\n  - stack ${names.webhookStack}: no environment is left there`;
}

function endLines(leftovers: PlatformLeftovers): string[] {
  const { environment, region, key } = leftovers;
  if (sizeOf(leftovers) === 0) return [`${environment}: nothing was left`];
  return [
    `${environment}: destroyed`,
    ...(key === undefined
      ? []
      : [
          `its key stays: ${key}`,
          `when no image or snapshot needs it: aws kms schedule-key-deletion --pending-window-in-days 30 --region ${region} --key-id ${key}`,
        ]),
  ];
}

/** Tenants stand in the way of an environment that could be read; any other fault says that one could not be read. */
function notDestroyed(faults: readonly EnvironmentFault[]): VendhostError {
  return faults.every(({ error }) => error.code === 'TENANTS_EXIST')
    ? combined(faults, 'TENANTS_EXIST', 'nothing was destroyed: these environments still have tenants')
    : combined(faults, 'DESTROY_FAILED', 'nothing was destroyed: cannot read what these environments hold');
}
