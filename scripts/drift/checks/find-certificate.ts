import type { Finding } from '../../report/report.ts';

/** A certificate as far as its end is concerned. */
export interface CertificateFacts {
  readonly arn: string;
  readonly status: string;
  readonly notAfter: Date | undefined;
  /** Brought by somebody: ACM does not renew it. */
  readonly imported: boolean;
  /** Whether ACM will renew it by itself; a certificate that nothing uses is not eligible. */
  readonly eligible: boolean;
  /** How the renewal goes, while there is one: `PENDING_VALIDATION`, `FAILED`. */
  readonly renewal?: string;
}

const dayMs = 24 * 60 * 60_000;
/** Days before the end at which one should act, and at which it is late: ACM renews 60 days before. */
export const actDays = 30;
export const lateDays = 7;

/**
 * Whether the certificate of an environment's load balancers will be good for a while
 * (https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html).
 */
export function findCertificate(environment: string, facts: CertificateFacts | undefined, now: Date): Finding[] {
  if (facts === undefined) {
    return [
      {
        id: 'gone',
        gravity: 'fault',
        title: `the certificate that platform.yml names for ${environment} is not in ACM`,
        next: `vendhost platform deploy --environment ${environment} --dry-run says how to get one`,
      },
    ];
  }
  return [...ofStatus(facts), ...ofEnd(facts, now), ...ofRenewal(facts)];
}

function ofStatus({ arn, status }: CertificateFacts): Finding[] {
  if (status === 'ISSUED') return [];
  const title = `the certificate is ${status}: browsers refuse the hosts`;
  return [{ id: 'not-issued', gravity: 'fault', title, next: look(arn) }];
}

function ofEnd({ arn, notAfter, imported, status }: CertificateFacts, now: Date): Finding[] {
  // One that has ended has the status EXPIRED.
  if (notAfter === undefined || status !== 'ISSUED') return [];
  const days = Math.floor((notAfter.getTime() - now.getTime()) / dayMs);
  if (days > actDays) return [];
  const renew = imported
    ? `import its successor under the same ARN: aws acm import-certificate --certificate-arn ${arn}`
    : look(arn);
  return [
    {
      id: 'ends-soon',
      gravity: days <= lateDays ? 'fault' : 'change',
      title: `the certificate ends on ${notAfter.toISOString().slice(0, 10)}, in ${days} days${imported ? ', and ACM does not renew what was imported' : ''}`,
      next: renew,
    },
  ];
}

function ofRenewal({ arn, imported, eligible, renewal, status }: CertificateFacts): Finding[] {
  if (imported || status !== 'ISSUED') return [];
  if (renewal === 'FAILED' || renewal === 'PENDING_VALIDATION') {
    const title = `ACM cannot renew the certificate: ${renewal === 'FAILED' ? 'the renewal failed' : 'its domain is not validated any more'}`;
    return [
      { id: 'renewal', gravity: 'fault', title, next: `restore the DNS records that ACM requires: ${look(arn)}` },
    ];
  }
  if (eligible) return [];
  const title = 'ACM will not renew the certificate: it is not eligible, most often because no load balancer uses it';
  return [{ id: 'not-renewed', gravity: 'change', title, next: look(arn) }];
}

function look(arn: string): string {
  return `aws acm describe-certificate --certificate-arn ${arn}`;
}
