import type { Aws } from '../../aws/session.ts';
import type { DriftCheck } from '../checks.ts';
import { type CertificateFacts, findCertificate } from './find-certificate.ts';
import { checkSection } from './section.ts';

const check = { id: 'certificates', title: 'Certificate' };

/** The certificate of an environment's load balancers. */
export const certificateCheck: DriftCheck = {
  ...check,
  async run(context) {
    const { platform, aws, environment, tenant } = context;
    if (platform === undefined || tenant !== undefined) return [];
    const facts = await readCertificateEnd(aws, platform.target.config.certificate);
    const found = findCertificate(environment, facts, new Date());
    return [checkSection(context, { ...check, count: '1 certificate' }, found)];
  },
};

/** What ACM says of a certificate's end; `undefined` when it has none of this ARN. */
export async function readCertificateEnd(aws: Aws, arn: string): Promise<CertificateFacts | undefined> {
  const sdk = await import('@aws-sdk/client-acm');
  try {
    const { Certificate } = await (await aws.acm()).send(new sdk.DescribeCertificateCommand({ CertificateArn: arn }));
    if (Certificate === undefined) return undefined;
    const { Status, NotAfter, Type, RenewalEligibility, RenewalSummary } = Certificate;
    const renewal = RenewalSummary?.RenewalStatus;
    return {
      arn,
      status: Status ?? 'unknown',
      notAfter: NotAfter,
      imported: Type === 'IMPORTED',
      eligible: RenewalEligibility !== 'INELIGIBLE',
      ...(renewal === undefined ? {} : { renewal }),
    };
  } catch (error) {
    if (error instanceof sdk.ResourceNotFoundException) return undefined;
    throw error;
  }
}
