import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { clientConfig } from '../clients.ts';
import { organizationRole, organizationRoleName } from '../organization.ts';
import { type LocalCloud, startLocalCloud } from '../start.ts';

const management = '670000000002';
const member = '670000000003';
const stranger = '670000000004';
const shared = inject('localCloud').endpoint;

let enforcing: LocalCloud;
beforeAll(async () => {
  enforcing = await startLocalCloud({ auth: true, say: () => undefined });
});
afterAll(() => enforcing.stop());

async function assume(endpoint: string, account: string, RoleArn: string) {
  const config = { ...clientConfig(endpoint, account), maxAttempts: 1 };
  const { Credentials } = await new STSClient(config).send(
    new AssumeRoleCommand({ RoleArn, RoleSessionName: 'administrator' }),
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {};
  return {
    ...config,
    credentials: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
  };
}

describe.each(['without IAM', 'with IAM enforced'])('a role in a member account, %s', (kind) => {
  const endpoint = () => (kind === 'without IAM' ? shared : enforcing.endpoint);
  let arn: string;
  beforeAll(async () => {
    arn = await organizationRole(endpoint(), member, management);
  });

  test('lets the management account work in the member account', async () => {
    expect(arn).toBe(`arn:aws:iam::${member}:role/${organizationRoleName}`);
    const session = await assume(endpoint(), management, arn);
    const identity = await new STSClient(session).send(new GetCallerIdentityCommand({}));
    expect(identity).toMatchObject({
      Account: member,
      Arn: `arn:aws:sts::${member}:assumed-role/${organizationRoleName}/administrator`,
    });
    const { Role } = await new IAMClient(session).send(new GetRoleCommand({ RoleName: organizationRoleName }));
    expect(Role?.Arn).toBe(arn);
    await new S3Client({ ...session, forcePathStyle: true }).send(new ListBucketsCommand({}));
  });

  test('does not trust anybody else', async () => {
    await expect(assume(endpoint(), stranger, arn)).rejects.toMatchObject({
      name: 'AccessDenied',
      message: expect.stringContaining(`is not authorized to perform: sts:AssumeRole on resource: ${arn}`),
    });
  });

  test('has to exist, in that account', async () => {
    for (const missing of [
      `arn:aws:iam::${member}:role/None`,
      `arn:aws:iam::${stranger}:role/${organizationRoleName}`,
    ]) {
      await expect(assume(endpoint(), management, missing)).rejects.toMatchObject({ name: 'AccessDenied' });
    }
  });
});
