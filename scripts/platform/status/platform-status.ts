import { readPublishedFacts } from '../../aws/read-facts.ts';
import { readPlatformConfig } from '../../config/files.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import { exitCodes } from '../../errors.ts';
import { defaultRuleQuota } from '../../listener/quota.ts';
import { tableLines } from '../../output.ts';
import { quotaLines, type TakenQuota, takenQuotas, vendedBeside } from '../../quota/tenant-quotas.ts';
import type { Runtime } from '../../runtime.ts';
import { readCertificate } from '../certificate.ts';
import { combined, failed, forEach, unknownLine } from '../each.ts';
import { chosenEnvironments, type EnvironmentChoice, type EnvironmentTarget, openReachable } from '../targets.ts';
import { type DnsRecord, dnsRecords } from './dns-records.ts';
import { type CertificateStatus, certificateStatus, dnsLines } from './entry-lines.ts';
import { type OwnershipStatus, ownershipLines, ownershipStatus } from './ownership-status.ts';
import { type BalancerStatus, balancersOf, type ProviderStatus, readListeners, readTrust } from './parts.ts';
import { readOwnership, readRecords } from './read-ownership.ts';
import { readStackRows, type StackRow } from './stacks.ts';
import { readTenantFiles, type TenantFile } from './tenant-files.ts';

export interface StatusOptions {
  /** Folder with `platform.yml`. */
  readonly directory: string;
  readonly environment: EnvironmentChoice;
}

interface EnvironmentStatus {
  readonly environment: string;
  readonly account: string;
  readonly region: string;
  /**
   * All stacks are complete, every load balancer has its listener, the account has an OIDC provider for GitLab, the certificate can
   * be used, and rules, claims, records and files agree.
   */
  readonly healthy: boolean;
  readonly stacks: readonly StackRow[];
  readonly loadBalancers: readonly BalancerStatus[];
  readonly provider: ProviderStatus;
  readonly certificate: CertificateStatus;
  /** Records that must be in the DNS; nobody looks whether they are. */
  readonly dns: readonly DnsRecord[];
  readonly tenants: readonly string[];
  /**
   * Those of the account that its tenants nearly use up by themselves, of all environments in it that are shown; they say nothing of its
   * health.
   */
  readonly quotas: readonly TakenQuota[];
  /** Environments of the same account that are not shown, so their tenants are not in the quotas. */
  readonly uncounted: readonly string[];
  readonly ownership: OwnershipStatus;
}

/** Shows the platforms of environments; exit code 2 when one of them is not healthy. Only reads. */
export async function platformStatus(
  runtime: Runtime,
  { directory, environment }: StatusOptions,
): Promise<number | undefined> {
  const platform = await readPlatformConfig(directory);
  const { targets, unreached } = await openReachable(runtime, platform, environment);
  const files = await readTenantFiles(directory);
  const read = await forEach(runtime, targets, (target) => statusOf(runtime, platform, target, files));
  const done = read.done.map((status): EnvironmentStatus => {
    const uncounted = chosenEnvironments(platform, 'all').flatMap((other) =>
      other.config.account !== status.account || read.done.some((each) => each.environment === other.environment)
        ? []
        : [other.environment],
    );
    return { ...status, quotas: takenQuotas(vendedBeside(status, read.done)), uncounted };
  });
  const faults = [...unreached, ...read.faults];
  // An environment that could not be read is not healthy either: the error below says why.
  const healthy = faults.length === 0 && done.every((each) => each.healthy);
  if (done.length > 0)
    runtime.out.result(
      { healthy, environments: done, failed: failed(faults) },
      [...done.map(statusText), ...faults.map(unknownLine)].join('\n\n'),
    );
  if (faults.length > 0) throw combined(faults, 'STATUS_FAILED', 'cannot read the status');
  return healthy ? undefined : exitCodes.differs;
}

async function statusOf(
  runtime: Runtime,
  platform: PlatformConfig,
  target: EnvironmentTarget,
  files: readonly TenantFile[] | undefined,
): Promise<Omit<EnvironmentStatus, 'quotas' | 'uncounted'>> {
  const { environment, config, aws } = target;
  const [stacks, published, provider, records, found] = await Promise.all([
    readStackRows(target, platform),
    readPublishedFacts(aws, environment),
    readTrust(runtime, platform, target),
    readRecords(target),
    readCertificate(aws, config.certificate),
  ]);
  const certificate = certificateStatus(config, found, new Date());
  const listeners = await readListeners(target, published);
  const loadBalancers = balancersOf(target, published, listeners);
  const { bucket } = published.values;
  const ownership = ownershipStatus(
    bucket === undefined ? undefined : await readOwnership(target, bucket, { listeners, records, files }),
  );
  const healthy =
    stacks.every((row) => row.healthy) &&
    loadBalancers.every(({ rules }) => rules !== undefined) &&
    provider.healthy &&
    certificate.healthy &&
    ownership.compared &&
    ownership.differences.length === 0;
  const { account, region, domain } = config;
  const dns = dnsRecords({ domain, balancers: loadBalancers, tenants: records, validation: found?.validation ?? [] });
  const tenants = records.map(({ tenant }) => tenant);
  const shown = { environment, account, region, healthy, stacks, loadBalancers, provider };
  return { ...shown, certificate, dns, tenants, ownership };
}

function statusText(status: EnvironmentStatus): string {
  const { environment, account, region, healthy, stacks, loadBalancers, provider, tenants, ownership } = status;
  const { certificate, dns, quotas, uncounted } = status;
  const row = ({ stack, status: state, changedAt, note }: StackRow) => [stack, state, changedAt ?? '-', note ?? ''];
  return [
    `${environment} in account ${account}, ${region}: ${healthy ? 'healthy' : 'not healthy'}`,
    ...tableLines([['stack', 'status', 'last change', ''], ...stacks.map(row)]).map((line) => `  ${line}`),
    ...loadBalancers.map((each) => `  load balancer ${each.stack}: ${balancerText(each)}`),
    `  GitLab: ${provider.text}`,
    ...[`certificate: ${certificate.text}`, ...certificate.next].map((line) => `  ${line}`),
    ...dnsLines(dns).map((line) => `  ${line}`),
    `  tenants: ${tenants.length === 0 ? 'none' : `${tenants.length} (${tenants.join(', ')})`}`,
    ...quotaLines(quotas, uncounted).map((line) => `  ${line}`),
    ...ownershipLines(ownership).map((line) => `  ${line}`),
  ].join('\n');
}

function balancerText({ dns, rules }: BalancerStatus): string {
  if (dns === undefined) return 'not published';
  const used =
    rules === undefined ? 'its listener is missing' : `${rules} rules of ${defaultRuleQuota} (AWS's default quota)`;
  return `${dns}, ${used}`;
}
