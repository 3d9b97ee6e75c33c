import type { EnvironmentConfig } from '../../config/platform.ts';
import { tableLines } from '../../output.ts';
import { type Certificate, certificateFindings, certificateHint } from '../certificate.ts';
import type { DnsRecord } from './dns-records.ts';

/** Whether the load balancers' certificate can be used, and what is to be done where it cannot. */
export interface CertificateStatus {
  readonly healthy: boolean;
  readonly text: string;
  readonly next: readonly string[];
}

type CertificateNeed = Pick<EnvironmentConfig, 'certificate' | 'domain' | 'region'>;

export function certificateStatus(
  need: CertificateNeed,
  certificate: Certificate | undefined,
  now: Date,
): CertificateStatus {
  const { faults, warnings } = certificateFindings(need, certificate, now);
  if (faults.length > 0) {
    return { healthy: false, text: faults.join('; '), next: [`  next: ${certificateHint(need, certificate)}`] };
  }
  const names = certificate?.names.join(', ') ?? '';
  return { healthy: true, text: [`${certificate?.status} for ${names}`, ...warnings].join('; '), next: [] };
}

const purposes = {
  hosts: "tenants' hosts",
  certificate: 'validates the certificate, also when ACM renews it',
} as const;

export function dnsLines(records: readonly DnsRecord[]): string[] {
  if (records.length === 0) return ['DNS records: known when the load balancer is deployed'];
  const rows = records.map(({ name, type, value, purpose }) => [name, type, value, purposes[purpose]]);
  return ['DNS records, to be created where the domain is:', ...tableLines(rows).map((line) => `  ${line}`)];
}
