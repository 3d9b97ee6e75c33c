import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { packerVariables } from '../../../../scripts/image/builder/builder.ts';
import { packerDirectory } from '../../../../scripts/image/packer/run-packer.ts';
import { parts } from '../parts.ts';

describe('packerVariables', () => {
  test('on AWS: agents from the buckets of the region', () => {
    expect(packerVariables(parts)).toEqual({
      ssh_host: '10.10.64.7',
      ssh_username: 'admin',
      ssh_private_key_file: '/tmp/stage/builder.pem',
      stage: '/tmp/stage/vendhost',
      phases: ['base.sh', 'install.sh', 'seal.sh'].map((name) => join(packerDirectory, 'phases', name)),
      script_environment: [
        'VENDHOST_TENANT=shop',
        'VENDHOST_ENVIRONMENT=dev',
        'VENDHOST_CODEDEPLOY_URL=https://aws-codedeploy-eu-west-1.s3.eu-west-1.amazonaws.com',
        'VENDHOST_SSM_URL=https://amazon-ssm-eu-west-1.s3.eu-west-1.amazonaws.com',
        'VENDHOST_CLOUDWATCH_AGENT_URL=https://amazoncloudwatch-agent-eu-west-1.s3.eu-west-1.amazonaws.com',
        'VENDHOST_RDS_CA_URL=https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem',
        'AWS_REGION=eu-west-1',
        'DEBIAN_FRONTEND=noninteractive',
      ],
    });
  });

  test("the tenant's preInstall.sh is a phase when there is one", () => {
    const scripts = [{ path: 'preInstall.sh' }, { path: 'install.sh' }];
    const { phases } = packerVariables({ ...parts, scripts });
    expect(phases).toContain(join(packerDirectory, 'phases/preInstall.sh'));
  });

  test('without scripts of the tenant there are those of the platform only', () => {
    const { phases } = packerVariables({ ...parts, scripts: [] });
    expect(phases).toEqual(['base.sh', 'seal.sh'].map((name) => join(packerDirectory, 'phases', name)));
  });

  test("an endpoint of the job's own is not for the builder", () => {
    const aws = { ...parts.aws, endpoint: 'http://127.0.0.1:4566' };
    expect(packerVariables({ ...parts, aws })).toEqual(packerVariables(parts));
  });

  test('in the local cloud the agents come from there', () => {
    const aws = { ...parts.aws, endpoint: 'http://127.0.0.1:4566', isLocalCloud: true };
    expect(packerVariables({ ...parts, aws })).toMatchObject({
      script_environment: expect.arrayContaining([
        'VENDHOST_LOCAL_CLOUD=1',
        'VENDHOST_CODEDEPLOY_URL=http://127.0.0.1:4566/aws-codedeploy-eu-west-1',
        'VENDHOST_SSM_URL=http://127.0.0.1:4566/amazon-ssm-eu-west-1',
        'VENDHOST_CLOUDWATCH_AGENT_URL=http://127.0.0.1:4566/amazoncloudwatch-agent-eu-west-1',
        'VENDHOST_RDS_CA_URL=http://127.0.0.1:4566/truststore.pki.rds.amazonaws.com/global/global-bundle.pem',
      ]),
    });
  });
});
