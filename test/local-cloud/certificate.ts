import { ACMClient, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { clientConfig } from './clients.ts';

/** An issued certificate for these names; the local cloud validates nothing. Returns its ARN. */
export async function issueCertificate(
  endpoint: string,
  account: string,
  name: string,
  ...others: string[]
): Promise<string> {
  const acm = new ACMClient(clientConfig(endpoint, account));
  const { CertificateArn } = await acm.send(
    new RequestCertificateCommand({
      DomainName: name,
      SubjectAlternativeNames: [name, ...others],
      ValidationMethod: 'DNS',
    }),
  );
  if (!CertificateArn) throw new Error(`ACM issued no certificate for ${name}`);
  return CertificateArn;
}
