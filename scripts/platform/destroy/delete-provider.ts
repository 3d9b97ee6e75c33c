import { openEnvironment } from '../../aws/open-environment.ts';
import type { Aws } from '../../aws/session.ts';
import { type Environment, environments } from '../../config/environment.ts';
import { names } from '../../config/names.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import type { Runtime } from '../../runtime.ts';
import { deleteStack } from '../../stack/delete.ts';
import { environmentOfPlatformStack, listStackNames } from '../account-stacks.ts';
import { openProviderPlace, type ProviderPlace } from '../oidc-provider.ts';
import type { EnvironmentTarget } from '../targets.ts';

/** An account, and every region of it that `platform.yml` has an environment in. */
export interface OwnProvider extends ProviderPlace {
  readonly regions: readonly Aws[];
}

/** Opens each account of the targets once. */
export async function openOwnProviders(
  runtime: Runtime,
  platform: PlatformConfig,
  targets: readonly EnvironmentTarget[],
): Promise<OwnProvider[]> {
  const firsts = targets.filter(
    ({ config }, index) => targets.findIndex((each) => each.config.account === config.account) === index,
  );
  return await Promise.all(
    firsts.map(async (target) => {
      const place = await openProviderPlace(runtime, platform, target, 'deploy');
      return { ...place, regions: await openRegions(runtime, platform, target) };
    }),
  );
}

async function openRegions(
  runtime: Runtime,
  platform: PlatformConfig,
  { environment, config, aws }: EnvironmentTarget,
) {
  const all = environments.flatMap((name) => platform.environments[name] ?? []);
  const regions = new Set(all.filter(({ account }) => account === config.account).map(({ region }) => region));
  return await Promise.all(
    [...regions].map((region) =>
      region === aws.region ? aws : openEnvironment(runtime, environment, { ...config, region }, 'deploy'),
    ),
  );
}

/**
 * The accounts whose `vendhost-gitlab` stack is no longer needed once `leaving` are destroyed: no other environment has
 * platform stacks there. A provider that was not created by that stack is never touched.
 */
export async function providersToGo(
  providers: readonly OwnProvider[],
  leaving: readonly Environment[],
): Promise<OwnProvider[]> {
  const judged = await Promise.all(
    providers.map(async (provider) => {
      const stacks = (await Promise.all(provider.regions.map(listStackNames))).flat();
      const others = stacks
        .map(environmentOfPlatformStack)
        .filter((each) => each !== undefined && !leaving.includes(each));
      return stacks.includes(names.gitlabStack) && others.length === 0 ? [provider] : [];
    }),
  );
  return judged.flat();
}

export async function removeProvider(runtime: Runtime, { aws, account }: ProviderPlace): Promise<void> {
  runtime.out.step(`account ${account}: deleting ${names.gitlabStack}`);
  await deleteStack(runtime, aws, names.gitlabStack);
}
