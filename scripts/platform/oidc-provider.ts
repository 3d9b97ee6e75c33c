import { type AccessMode, openEnvironment } from '../aws/open-environment.ts';
import type { Aws } from '../aws/session.ts';
import { environments } from '../config/environment.ts';
import { names } from '../config/names.ts';
import { type PlatformConfig, partitionOf, providerName } from '../config/platform.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { type AppBuilder, withAssembly } from '../stack/assembly.ts';
import { deployStacks } from '../stack/deploy/deploy-stacks.ts';
import { planStacks, type StackPlan } from '../stack/stack-plan.ts';
import { readStack, type StackState } from '../stack/stack-state.ts';
import { type Compared, compared } from './compare.ts';
import { type StackOutcome, stackOutcome } from './stack-outcome.ts';
import type { EnvironmentTarget } from './targets.ts';

/** GitLab's OIDC provider in an account. */
export interface Provider {
  readonly account: string;
  readonly region: string;
  readonly arn: string;
  /** What a deploy of its stack would do; `undefined` when the account has a provider that Vendhost did not create. */
  readonly plan: StackPlan | undefined;
  /** Nothing would change. */
  readonly asWanted: boolean;
}

/** The account a provider belongs to, opened in the region of its stack. */
export interface ProviderPlace {
  readonly aws: Aws;
  readonly account: string;
  readonly region: string;
  readonly arn: string;
}

/** The stack is in the region of the account's first environment, whichever environment is being deployed. */
export async function openProviderPlace(
  runtime: Runtime,
  platform: PlatformConfig,
  { environment, config, aws }: EnvironmentTarget,
  purpose: AccessMode,
): Promise<ProviderPlace> {
  const first = environments
    .map((name) => platform.environments[name])
    .find((each) => each?.account === config.account);
  const region = first?.region ?? config.region;
  return {
    aws: region === aws.region ? aws : await openEnvironment(runtime, environment, { ...config, region }, purpose),
    account: config.account,
    region,
    arn: `arn:${partitionOf(config)}:iam::${config.account}:oidc-provider/${providerName(platform)}`,
  };
}

export type ProviderWork = Provider & { readonly outcome?: StackOutcome };

/**
 * Compares the account's OIDC provider with the wanted one, and deploys it with `deploy`. A provider that Vendhost did
 * not create is left alone: throws `PROVIDER_AUDIENCE` when it does not accept the platform's audience.
 */
export async function settleProvider(
  runtime: Runtime,
  platform: PlatformConfig,
  place: ProviderPlace,
  { deploy }: { deploy: boolean },
): Promise<ProviderWork> {
  const { aws, account, region, arn } = place;
  const deployed = await readStack(aws, names.gitlabStack);
  if (!owns(deployed) && (await hasProvider(platform, place)))
    return { account, region, arn, plan: undefined, asWanted: true };
  return await withAssembly(runtime, aws, builder(platform, place), async (assembly) => {
    const states = new Map(deployed === undefined ? [] : [[names.gitlabStack, deployed]]);
    const [asPlanned] = (await planStacks(assembly, {}, states)) as [StackPlan];
    const { plan, asWanted } = compared(assembly, asPlanned, deployed);
    const found = { account, region, arn, plan, asWanted };
    if (!deploy) return found;
    if (asWanted) return { ...found, outcome: stackOutcome(plan) };
    const [result] = await deployStacks(assembly);
    return { ...found, outcome: stackOutcome(plan, result) };
  });
}

/** What a deploy would do to the account's OIDC provider; nothing when Vendhost did not create it. */
export async function planProvider(
  runtime: Runtime,
  platform: PlatformConfig,
  target: EnvironmentTarget,
  purpose: AccessMode,
): Promise<Compared[]> {
  const place = await openProviderPlace(runtime, platform, target, purpose);
  const { plan, asWanted } = await settleProvider(runtime, platform, place, { deploy: false });
  return plan === undefined ? [] : [{ plan, asWanted, deployed: undefined }];
}

/** A stack whose creation failed left no provider. */
function owns(deployed: StackState | undefined): boolean {
  return deployed !== undefined && !/^(ROLLBACK_|CREATE_FAILED|DELETE_COMPLETE)/.test(deployed.status);
}

/** Whether the account has a provider for GitLab, whoever made it; throws `PROVIDER_AUDIENCE` when it is for other tokens. */
export async function hasProvider({ audience }: PlatformConfig, place: ProviderPlace): Promise<boolean> {
  const { GetOpenIDConnectProviderCommand, NoSuchEntityException } = await import('@aws-sdk/client-iam');
  const { arn, account, aws } = place;
  try {
    const command = new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn });
    const { ClientIDList = [] } = await (await aws.iam()).send(command);
    if (ClientIDList.includes(audience)) return true;
    throw new VendhostError(
      'PROVIDER_AUDIENCE',
      `account ${account} has a provider for GitLab that does not accept the audience ${audience}`,
      {
        details: [`${arn} accepts: ${ClientIDList.join(', ') || 'nothing'}`],
        hint: `allow it: aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ${arn} --client-id ${audience}`,
      },
    );
  } catch (error) {
    if (error instanceof NoSuchEntityException) return false;
    throw error;
  }
}

function builder({ issuer, audience }: PlatformConfig, { account, region }: ProviderPlace): AppBuilder {
  return async (app) => {
    const { gitlabApp } = await import('../../cdk/platform/oidc-provider-stack.ts');
    // The tests validate this template of one resource; validating it here would cost seconds in every run.
    return gitlabApp({ ...app, validation: false }, { account, region, issuer, audience });
  };
}
