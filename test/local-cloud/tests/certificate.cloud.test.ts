import {
  ACMClient,
  DescribeCertificateCommand,
  ImportCertificateCommand,
  RequestCertificateCommand,
} from '@aws-sdk/client-acm';
import { CreateListenerCommand, DescribeListenersCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { execa } from 'execa';
import { describe, expect, inject, test } from 'vitest';
import { issueCertificate } from '../certificate.ts';
import { clientConfig } from '../clients.ts';
import { Fleet } from './fleet.ts';

const { endpoint } = inject('localCloud');
const account = '670000000008';
const config = clientConfig(endpoint, account);
const acm = new ACMClient(config);
const describing = (client: ACMClient, CertificateArn: string | undefined) =>
  client.send(new DescribeCertificateCommand({ CertificateArn }));

describe('a certificate', () => {
  test('is issued at once, for the names it was requested for', async () => {
    const arn = await issueCertificate(endpoint, account, 'dev.example.com', '*.dev.example.com');
    const { Certificate } = await describing(acm, arn);
    expect(Certificate).toMatchObject({
      Status: 'ISSUED',
      DomainName: 'dev.example.com',
      SubjectAlternativeNames: ['dev.example.com', '*.dev.example.com'],
    });
    expect(Certificate?.NotAfter?.getTime()).toBeGreaterThan(Date.now());
  });

  test('is there in its account and region only', async () => {
    const { CertificateArn } = await acm.send(new RequestCertificateCommand({ DomainName: 'here.example.com' }));
    const notFound = { name: 'ResourceNotFoundException' };
    await expect(describing(new ACMClient({ ...config, region: 'us-east-1' }), CertificateArn)).rejects.toMatchObject(
      notFound,
    );
    const stranger = new ACMClient(clientConfig(endpoint, '670000000009'));
    await expect(describing(stranger, CertificateArn)).rejects.toMatchObject(notFound);
  });

  test('that ACM does not have gets no listener', async () => {
    const fleet = new Fleet(endpoint, account);
    const { Listeners } = await fleet.balancing.send(
      new DescribeListenersCommand({ ListenerArns: [await fleet.listener('uncertified')] }),
    );
    const listener = (...Certificates: { CertificateArn: string }[]) =>
      fleet.balancing.send(
        new CreateListenerCommand({
          LoadBalancerArn: Listeners?.[0]?.LoadBalancerArn,
          Port: 443,
          Protocol: 'HTTPS',
          Certificates,
          DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }],
        }),
      );
    await expect(listener()).rejects.toThrow('A certificate must be specified for HTTPS listeners');
    const strangers = await issueCertificate(endpoint, '670000000009', 'theirs.example.com');
    await expect(listener({ CertificateArn: strangers })).rejects.toMatchObject({
      name: 'CertificateNotFoundException',
    });
    await listener({ CertificateArn: await issueCertificate(endpoint, account, 'mine.example.com') });
  });

  test('that is imported is for the names in it, and ends when it says', async () => {
    const names = 'subjectAltName=DNS:dev.example.com,DNS:*.dev.example.com';
    const self = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '40'];
    const { stdout } = await execa('openssl', [
      ...self,
      '-subj',
      '/CN=dev.example.com',
      '-addext',
      names,
      '-keyout',
      '-',
      '-out',
      '-',
    ]);
    const [PrivateKey, Certificate] = ['PRIVATE KEY', 'CERTIFICATE'].map((kind) =>
      Buffer.from(stdout.match(new RegExp(`-----BEGIN ${kind}-----[^]+-----END ${kind}-----\n?`))?.[0] ?? ''),
    );
    const { CertificateArn } = await acm.send(new ImportCertificateCommand({ Certificate, PrivateKey }));
    const { Certificate: shown } = await describing(acm, CertificateArn);
    expect(shown).toMatchObject({
      Status: 'ISSUED',
      Type: 'IMPORTED',
      DomainName: 'dev.example.com',
      SubjectAlternativeNames: ['dev.example.com', '*.dev.example.com'],
    });
    const days = ((shown?.NotAfter?.getTime() ?? 0) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(40);
  });
});
