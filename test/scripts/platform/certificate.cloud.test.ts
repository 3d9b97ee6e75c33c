import { DeleteCertificateCommand, RequestCertificateCommand } from '@aws-sdk/client-acm';
import { expect, test } from 'vitest';
import { type EnvironmentConfig, platformSchema } from '../../../scripts/config/platform.ts';
import { checkCertificate } from '../../../scripts/platform/certificate.ts';
import { cloudAccount } from '../../builders/account.ts';
import { environmentConfig } from '../../builders/sample.ts';

const account = '100000000306';
const { aws } = cloudAccount(account);

async function request(name: string, others?: string[]): Promise<string> {
  const command = new RequestCertificateCommand({
    DomainName: name,
    SubjectAlternativeNames: others,
    ValidationMethod: 'DNS',
  });
  return (await (await aws.acm()).send(command)).CertificateArn ?? '';
}

function configOf(certificate: string): EnvironmentConfig {
  const dev = { ...environmentConfig('dev', account), certificate };
  const platform = { name: 'acme', gitlab: 'https://gitlab.example.com', environments: { dev } };
  return platformSchema.parse(platform).environments.dev as EnvironmentConfig;
}

const check = (certificate: string) => checkCertificate(aws, 'dev', configOf(certificate));

test('a certificate for the domain and its hosts', async () => {
  expect(await check(await request('dev.example.com', ['*.dev.example.com']))).toEqual([]);
});

test('a certificate for the domain alone is a warning', async () => {
  expect(await check(await request('dev.example.com'))).toEqual([
    'environments.dev.certificate: covers dev.example.com and not *.dev.example.com: browsers refuse other hosts of dev.example.com',
  ]);
});

test('a certificate for other names', async () => {
  const arn = await request('example.org', ['www.example.org']);
  await expect(check(arn)).rejects.toMatchObject({
    code: 'CERTIFICATE_UNUSABLE',
    message: `environments.dev.certificate: "${arn}" cannot be used`,
    details: ['it is for example.org, www.example.org: must be for *.dev.example.com or dev.example.com'],
    hint: expect.stringContaining('aws acm request-certificate --region eu-west-1 --domain-name dev.example.com '),
  });
});

test('a certificate that was deleted', async () => {
  const arn = await request('dev.example.com');
  await (await aws.acm()).send(new DeleteCertificateCommand({ CertificateArn: arn }));
  await expect(check(arn)).rejects.toMatchObject({
    code: 'CERTIFICATE_UNUSABLE',
    details: ['ACM has no such certificate in eu-west-1'],
  });
});
