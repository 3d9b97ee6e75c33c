import { readPlatformConfig } from '../../config/files.ts';
import { names } from '../../config/names.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import { exitCodes, VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { combined, forEach } from '../each.ts';
import { chosenEnvironments, type EnvironmentChoice, type EnvironmentTarget, openTargets } from '../targets.ts';
import { openOwnProviders, providersToGo, removeProvider } from './delete-provider.ts';
import { destroyRemains } from './delete-stacks.ts';
import { type PlatformLeftovers, readRemains } from './plan-destruction.ts';

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
  const { done: remains, faults } = await forEach(runtime, targets, readRemains);
  if (faults.length > 0)
    throw combined(faults, 'TENANTS_EXIST', 'nothing was destroyed: these environments still have tenants');

  const accounts = await openOwnProviders(runtime, platform, targets);
  const going = await providersToGo(
    accounts,
    targets.map((target) => target.environment),
  );
  const isSomething = going.length > 0 || remains.some((each) => sizeOf(each) > 0);
  const shown = { environments: remains, providers: going.map(({ account, region }) => ({ account, region })) };
  const lines = [...remains.flatMap(remainsLines), ...going.map(({ account }) => providerLine(account))];
  if (dryRun || !isSomething) {
    runtime.out.result({ destroyed: false, differs: isSomething, ...shown }, lines.join('\n'));
    return isSomething ? exitCodes.differs : undefined;
  }
  for (const line of lines) runtime.out.step(line);

  const ends = await forEach(runtime, pairs(targets, remains), async ({ target, remains: left }) =>
    destroyRemains(runtime, target, left),
  );
  if (ends.faults.length > 0) throw combined(ends.faults, 'DESTROY_FAILED', 'cannot destroy');
  // Another deploy may have run in the meantime: read the stacks again.
  for (const place of await providersToGo(accounts, [])) await removeProvider(runtime, place);
  runtime.out.result({ destroyed: true, ...shown }, remains.flatMap(endLines).join('\n'));
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

function pairs(targets: readonly EnvironmentTarget[], remains: readonly PlatformLeftovers[]) {
  return targets.map((target, index) => ({
    environment: target.environment,
    target,
    remains: remains[index] as PlatformLeftovers,
  }));
}

function sizeOf({ steps, buckets }: PlatformLeftovers): number {
  return steps.length + buckets.length;
}

function remainsLines(remains: PlatformLeftovers): string[] {
  const { environment, account, region, steps, buckets, key } = remains;
  if (sizeOf(remains) === 0) return [`${environment}: nothing is left in account ${account}, ${region}`];
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

function endLines(remains: PlatformLeftovers): string[] {
  const { environment, region, key } = remains;
  if (sizeOf(remains) === 0) return [`${environment}: nothing was left`];
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
