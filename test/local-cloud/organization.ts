import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { clientConfig } from './clients.ts';

/** What AWS Organizations calls the role it makes in every account it creates. */
export const organizationRoleName = 'OrganizationAccountAccessRole';

/**
 * Makes in `account` what AWS Organizations makes in a member account: an administrator's role that the management
 * account (`trustedAccount`) may assume. Returns its ARN.
 * https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html
 */
export async function organizationRole(endpoint: string, account: string, trustedAccount: string): Promise<string> {
  const iam = new IAMClient(clientConfig(endpoint, account));
  const { Role } = await iam.send(
    new CreateRoleCommand({
      RoleName: organizationRoleName,
      AssumeRolePolicyDocument: policy({
        Principal: { AWS: `arn:aws:iam::${trustedAccount}:root` },
        Action: 'sts:AssumeRole',
      }),
    }),
  );
  // What AWS's managed policy AdministratorAccess says.
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: organizationRoleName,
      PolicyName: 'AdministratorAccess',
      PolicyDocument: policy({ Action: '*', Resource: '*' }),
    }),
  );
  if (!Role?.Arn) throw new Error(`IAM made no role in ${account}`);
  return Role.Arn;
}

function policy(statement: object): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', ...statement }] });
}
