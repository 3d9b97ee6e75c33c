import { readPlatformConfig } from '../../config/files.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import { exitCodes } from '../../errors.ts';
import { defaultRuleQuota } from '../../listener/quota.ts';
import { tableLines } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import { listTenantRecords } from '../account-stacks.ts';
import { combined, failed, forEach } from '../each.ts';
import { type EnvironmentChoice, type EnvironmentTarget, openTargets } from '../targets.ts';
import { type BalancerStatus, type ProviderStatus, readBalancers, readTrust } from './parts.ts';
import { readStackRows, type StackRow } from './stacks.ts';

export interface StatusOptions {
  /** Folder with `platform.yml`. */
  readonly directory: string;
  readonly environment: EnvironmentChoice;
}

interface EnvironmentStatus {
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  /** All stacks are complete, every load balancer has its listener, and the account has an OIDC provider for GitLab. */
  readonly healthy: boolean;
  readonly stacks: readonly StackRow[];
  readonly loadBalancers: readonly BalancerStatus[];
  readonly provider: ProviderStatus;
  readonly tenants: readonly string[];
}

/** Shows the platforms of environments; exit code 2 when one of them is not healthy. Only reads. */
export async function platformStatus(
  runtime: Runtime,
  { directory, environment }: StatusOptions,
): Promise<number | undefined> {
  const platform = await readPlatformConfig(directory);
  const targets = await openTargets(runtime, platform, environment, { purpose: 'plan' });
  const { done, faults } = await forEach(runtime, targets, (target) => statusOf(runtime, platform, target));
  // An environment that could not be read is not healthy either: the error below says why.
  const healthy = faults.length === 0 && done.every((each) => each.healthy);
  if (done.length > 0)
    runtime.out.result({ healthy, environments: done, failed: failed(faults) }, done.map(statusText).join('\n\n'));
  if (faults.length > 0) throw combined(faults, 'STATUS_FAILED', 'cannot read the status');
  return healthy ? undefined : exitCodes.differs;
}

async function statusOf(
  runtime: Runtime,
  platform: PlatformConfig,
  target: EnvironmentTarget,
): Promise<EnvironmentStatus> {
  const { environment, config, aws } = target;
  const [stacks, loadBalancers, provider, tenants] = await Promise.all([
    readStackRows(target),
    readBalancers(target),
    readTrust(runtime, platform, target),
    listTenantRecords(aws, environment),
  ]);
  const healthy =
    stacks.every((row) => row.healthy) && loadBalancers.every(({ rules }) => rules !== undefined) && provider.healthy;
  const { account, region } = config;
  return { environment, account, region, healthy, stacks, loadBalancers, provider, tenants };
}

function statusText(status: EnvironmentStatus): string {
  const { environment, account, region, healthy, stacks, loadBalancers, provider, tenants } = status;
  const row = ({ stack, status: state, changedAt, note }: StackRow) => [stack, state, changedAt ?? '-', note ?? ''];
  return [
    `${environment} in account ${account}, ${region}: ${healthy ? 'healthy' : 'not healthy'}`,
    ...tableLines([['stack', 'status', 'last change', ''], ...stacks.map(row)]).map((line) => `  ${line}`),
    ...loadBalancers.map((each) => `  load balancer ${each.stack}: ${balancerText(each)}`),
    `  GitLab: ${provider.text}`,
    `  tenants: ${tenants.length === 0 ? 'none' : `${tenants.length} (${tenants.join(', ')})`}`,
  ].join('\n');
}

function balancerText({ dns, rules }: BalancerStatus): string {
  if (dns === undefined) return 'not published';
  const used =
    rules === undefined ? 'its listener is missing' : `${rules} rules of ${defaultRuleQuota} (AWS's default quota)`;
  return `${dns}, ${used}`;
}
