import type { CertificateDetail } from '@aws-sdk/client-acm';
import type { Aws } from '../aws/session.ts';
import type { Environment } from '../config/environment.ts';
import type { EnvironmentConfig } from '../config/platform.ts';
import { VendhostError } from '../errors.ts';

/** A certificate as ACM describes it; `undefined` when ACM has none of this ARN. */
export interface Certificate {
  readonly status: string;
  readonly names: readonly string[];
  readonly notAfter: Date | undefined;
  /** What ACM must find in the DNS, to issue it and to renew it; none of an imported one. */
  readonly validation?: readonly ValidationRecord[];
}

export interface ValidationRecord {
  readonly name: string;
  readonly type: string;
  readonly value: string;
}

/** Why a certificate cannot be used, and what to warn of when it can. */
export interface CertificateFindings {
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

type CertificateNeed = Pick<EnvironmentConfig, 'certificate' | 'domain' | 'region'>;

const warningDays = 30;
const dayMs = 24 * 60 * 60 * 1000;

/**
 * Makes sure that the HTTPS listeners of an environment can use its certificate: only ACM knows which names it covers. Only
 * reads. Returns warnings; throws `CERTIFICATE_UNUSABLE` with every fault, the names the certificate covers, and how to
 * get the right one.
 */
export async function checkCertificate(
  aws: Aws,
  environment: Environment,
  config: EnvironmentConfig,
): Promise<readonly string[]> {
  const certificate = await readCertificate(aws, config.certificate);
  const { faults, warnings } = certificateFindings(config, certificate, new Date());
  if (faults.length === 0) return warnings.map((warning) => `environments.${environment}.certificate: ${warning}`);
  throw new VendhostError(
    'CERTIFICATE_UNUSABLE',
    `environments.${environment}.certificate: "${config.certificate}" cannot be used`,
    { details: faults, hint: certificateHint(config, certificate) },
  );
}

/** Decides whether a certificate is what an environment needs: issued, not expired, for names in the domain. */
export function certificateFindings(
  { domain, region }: CertificateNeed,
  certificate: Certificate | undefined,
  now: Date,
): CertificateFindings {
  if (certificate === undefined) return { faults: [`ACM has no such certificate in ${region}`], warnings: [] };
  const { status, names, notAfter } = certificate;
  const faults: string[] = [];
  const warnings: string[] = [];
  if (status !== 'ISSUED') faults.push(`its status is ${status}: must be ISSUED`);

  const leftMs = notAfter === undefined ? Number.POSITIVE_INFINITY : notAfter.getTime() - now.getTime();
  const day = notAfter?.toISOString().slice(0, 10);
  if (leftMs <= 0) faults.push(`it expired on ${day}`);
  else if (leftMs <= warningDays * dayMs) {
    warnings.push(`expires on ${day}, in ${Math.floor(leftMs / dayMs)} days: check its renewal in ACM`);
  }

  const covering = names.filter((name) => name === domain || name.endsWith(`.${domain}`));
  if (covering.length === 0) {
    faults.push(`it is for ${names.join(', ') || 'no name'}: must be for *.${domain} or ${domain}`);
    const above = `*.${domain.split('.').slice(1).join('.')}`;
    if (names.includes(above))
      faults.push(`${above} covers no host below ${domain}: a wildcard matches a single label`);
  } else if (!covering.includes(`*.${domain}`)) {
    warnings.push(`covers ${covering.join(', ')} and not *.${domain}: browsers refuse other hosts of ${domain}`);
  }
  return { faults, warnings };
}

/** The next step: finish the pending validation, or else request a certificate that fits. */
export function certificateHint(
  { certificate, domain, region }: CertificateNeed,
  found: Certificate | undefined,
): string {
  if (found?.status === 'PENDING_VALIDATION') {
    return `create the DNS records ACM asks for: aws acm describe-certificate --region ${region} --certificate-arn ${certificate}`;
  }
  return [
    'request one, create the DNS records ACM asks for, and set its ARN in platform.yml:',
    `aws acm request-certificate --region ${region} --domain-name ${domain}`,
    `--subject-alternative-names '*.${domain}' --validation-method DNS`,
  ].join(' ');
}

/** Asks ACM (https://docs.aws.amazon.com/acm/latest/APIReference/API_DescribeCertificate.html). */
export async function readCertificate(aws: Aws, arn: string): Promise<Certificate | undefined> {
  const { DescribeCertificateCommand } = await import('@aws-sdk/client-acm');
  try {
    const { Certificate } = await (await aws.acm()).send(new DescribeCertificateCommand({ CertificateArn: arn }));
    return Certificate === undefined ? undefined : certificateOf(Certificate);
  } catch (error) {
    if (error instanceof Error && absent.has(error.name)) return undefined;
    throw error;
  }
}

const absent = new Set(['ResourceNotFoundException', 'InvalidArnException']);

/** The names include ACM's `DomainName`: an imported certificate may have no others. */
function certificateOf(detail: CertificateDetail): Certificate {
  const { Status, DomainName, SubjectAlternativeNames = [], NotAfter, DomainValidationOptions = [] } = detail;
  const all = [...(DomainName === undefined ? [] : [DomainName]), ...SubjectAlternativeNames];
  return {
    status: Status ?? 'unknown',
    names: [...new Set(all.map((name) => name.toLowerCase()))],
    notAfter: NotAfter,
    validation: validationOf(DomainValidationOptions),
  };
}

/** A name and its wildcard have one record. */
function validationOf(options: NonNullable<CertificateDetail['DomainValidationOptions']>): ValidationRecord[] {
  const records = options.flatMap(({ ResourceRecord: record }) =>
    record === undefined
      ? []
      : { name: plainName(record.Name), type: `${record.Type}`, value: plainName(record.Value) },
  );
  return records.filter(({ name }, at) => records.findIndex((other) => other.name === name) === at);
}

/** ACM writes names with a dot at the end. */
function plainName(name: string | undefined): string {
  return (name ?? '').replace(/\.$/, '');
}
