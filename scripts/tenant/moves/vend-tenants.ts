import { openEnvironment } from '../../aws/open-environment.ts';
import { readPublishedFacts } from '../../aws/read-facts.ts';
import { readPlatformConfig, readTenantConfig } from '../../config/files.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import type { TenantConfig } from '../../config/tenant.ts';
import { exitCodes } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { type ChosenEnvironment, chooseEnvironments, reachOf } from '../environments.ts';
import { readHolders } from '../host-claims.ts';
import { refuse } from '../project-plan.ts';
import { vendOne } from '../vend.ts';
import type { Vended, VendOptions } from '../vending/vend-options.ts';
import { type HeldClaim, type HostMove, type HostWish, hostMoves } from './order-vends.ts';
import { type StepOptions, vendInOrder } from './vend-steps.ts';

export type VendTenantsOptions = Omit<VendOptions, 'tenant' | 'projectId' | keyof StepOptions> & {
  readonly tenants: readonly string[];
};

/**
 * Vends several tenants in the order in which hosts move between them, or shows what would change (exit code 2). The same command finishes a run
 * that died: the claims show what is left to do.
 */
export async function vendTenants(runtime: Runtime, options: VendTenantsOptions): Promise<number | undefined> {
  const { out } = runtime;
  const { tenants, ...shared } = options;
  const moves = await readMoves(runtime, options);
  for (const { environment, host, from, to } of moves)
    out.step(`${host} in ${environment} moves from ${from} to ${to}`);
  const vended: Vended[] = [];
  if (options.dryRun) {
    for (const tenant of tenants) {
      const coming = moves.filter(({ to }) => to === tenant);
      vended.push(await vendOne(runtime, { ...shared, tenant, coming }));
    }
  } else {
    const vend = (tenant: string, step: StepOptions) => vendOne(runtime, { ...shared, ...step, tenant });
    vended.push(...(await vendInOrder({ out, moves, vend }, tenants)));
  }
  out.result({ moves, tenants: vended.map(({ value }) => value) }, vended.map(textOf).join('\n'));
  if (options.dryRun) for (const { stops } of vended) refuse(stops);
  return vended.some(({ differs }) => differs) ? exitCodes.differs : undefined;
}

function textOf({ value, text }: Vended): string {
  return [`${value.tenant}:`, ...text.split('\n').map((line) => `  ${line}`)].join('\n');
}

/** The hosts that move between the tenants, by the claims of each environment they are vended in. */
async function readMoves(runtime: Runtime, options: VendTenantsOptions): Promise<HostMove[]> {
  const { directory, tenants, environment } = options;
  const platform = await readPlatformConfig(directory);
  const configs = await Promise.all(
    tenants.map(async (name) => ({ name, config: await readTenantConfig(directory, name) })),
  );
  const chosen = await chooseAll(runtime, platform, configs, environment);
  const wishes = chosen.map(({ tenant, chosen: { environment: where, hosts } }): HostWish => {
    return { tenant, environment: where, hosts };
  });
  const places = new Map(chosen.map(({ chosen: each }) => [each.environment, each]));
  const held = await Promise.all(
    [...places.values()].map(async ({ environment: where, config }): Promise<HeldClaim[]> => {
      const aws = await openEnvironment(runtime, where, config, 'vend');
      const { bucket } = (await readPublishedFacts(aws, where)).values;
      const wanted = wishes.flatMap((wish) => (wish.environment === where ? wish.hosts : []));
      // Without a bucket nothing is claimed, and vending says what is missing.
      const holders = bucket === undefined ? [] : await readHolders(aws, bucket, wanted);
      return [...holders].map(([host, tenant]) => ({ environment: where, host, tenant }));
    }),
  );
  return hostMoves(wishes, held.flat());
}

async function chooseAll(
  runtime: Runtime,
  platform: PlatformConfig,
  configs: readonly { name: string; config: TenantConfig }[],
  environment: VendOptions['environment'],
): Promise<{ tenant: string; chosen: ChosenEnvironment }[]> {
  const reach = await reachOf(runtime, platform, environment);
  return configs.flatMap((each) =>
    chooseEnvironments(platform, each, reach, environment).chosen.map((chosen) => ({ tenant: each.name, chosen })),
  );
}
