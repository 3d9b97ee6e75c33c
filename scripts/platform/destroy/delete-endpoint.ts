import type { Aws } from '../../aws/session.ts';
import type { Environment } from '../../config/environment.ts';
import { names } from '../../config/names.ts';
import type { Runtime } from '../../runtime.ts';
import { deleteStack } from '../../stack/delete.ts';
import { environmentOfPlatformStack, listStackNames } from '../account-stacks.ts';
import type { OwnProvider } from './delete-provider.ts';

/** The webhook of an account and region. */
export interface OwnEndpoint {
  readonly aws: Aws;
  readonly account: string;
  readonly region: string;
}

/** The webhooks that nobody needs once `leaving` are destroyed: no other environment has platform stacks in that account and region. */
export async function endpointsToGo(
  accounts: readonly Pick<OwnProvider, 'account' | 'regions'>[],
  leaving: readonly Environment[],
): Promise<OwnEndpoint[]> {
  const all = accounts.flatMap(({ account, regions }) => regions.map((aws) => ({ aws, account, region: aws.region })));
  const judged = await Promise.all(
    all.map(async (place) => {
      const stacks = await listStackNames(place.aws);
      const isNeeded = stacks
        .map(environmentOfPlatformStack)
        .some((environment) => environment !== undefined && !leaving.includes(environment));
      return stacks.includes(names.webhookStack) && !isNeeded ? [place] : [];
    }),
  );
  return judged.flat();
}

export async function removeEndpoint(runtime: Runtime, { aws, account, region }: OwnEndpoint): Promise<void> {
  runtime.out.step(`account ${account}, ${region}: deleting ${names.webhookStack}`);
  await deleteStack(runtime, aws, names.webhookStack);
}
