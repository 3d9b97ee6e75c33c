import { DeleteCertificateCommand, ImportCertificateCommand } from '@aws-sdk/client-acm';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { readCertificateEnd } from '../../../../scripts/drift/checks/certificate-check.ts';
import { findCertificate } from '../../../../scripts/drift/checks/find-certificate.ts';
import { cloudAccount } from '../../../builders/account.ts';

const { aws } = cloudAccount('100000000472');

/** Imports a certificate that ends in so many days, in place of another one if that is named. */
async function importOne(days: number, CertificateArn?: string): Promise<string> {
  const options = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-subj',
    '/CN=dev.example.com',
  ];
  const { stdout } = await execa('openssl', [
    'req',
    '-x509',
    ...options,
    '-days',
    String(days),
    '-keyout',
    '-',
    '-out',
    '-',
  ]);
  const [PrivateKey, Certificate] = ['PRIVATE KEY', 'CERTIFICATE'].map((kind) =>
    Buffer.from(stdout.match(new RegExp(`-----BEGIN ${kind}-----[^]+-----END ${kind}-----\n?`))?.[0] ?? ''),
  );
  const command = new ImportCertificateCommand({ Certificate, PrivateKey, CertificateArn });
  return (await (await aws.acm()).send(command)).CertificateArn ?? '';
}

test('a certificate near its end is found until its successor is imported, and one that is deleted', async () => {
  const find = async (arn: string) =>
    findCertificate('dev', await readCertificateEnd(aws, arn), new Date()).map(({ id, gravity }) => [id, gravity]);
  const arn = await importOne(6);
  expect(await find(arn)).toEqual([['ends-soon', 'fault']]);
  await importOne(25, arn);
  expect(await find(arn)).toEqual([['ends-soon', 'change']]);
  await importOne(300, arn);
  expect(await find(arn)).toEqual([]);
  await (await aws.acm()).send(new DeleteCertificateCommand({ CertificateArn: arn }));
  expect(await find(arn)).toEqual([['gone', 'fault']]);
});
