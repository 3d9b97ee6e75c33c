import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { paces } from '../../../scripts/aws/poll.ts';
import { packerVariables } from '../../../scripts/image/builder.ts';
import { packerDirectory } from '../../../scripts/image/packer/run-packer.ts';
import { facts } from '../../builders/sample.ts';
import { parts } from './parts.ts';

describe('packerVariables', () => {
  test('on AWS: private builder, agents from the buckets of the region', () => {
    expect(packerVariables(parts)).toEqual({
      region: 'eu-west-1',
      endpoint: '',
      local_cloud: false,
      image_name: 'vendhost-dev-shop-0123456789ab-0a1b2c3d',
      image_tags: {
        'vendhost:bake-run': '0a1b2c3d',
        'vendhost:environment': 'dev',
        'vendhost:tenant': 'shop',
        'vendhost:layer': 'image',
        'vendhost:source-ami': 'ami-0123456789abcdef0',
        'vendhost:commit': 'c0ffee',
        Name: 'vendhost-dev-shop-0123456789ab-0a1b2c3d',
      },
      run_tags: {
        'vendhost:environment': 'dev',
        'vendhost:tenant': 'shop',
        'vendhost:layer': 'image',
        'vendhost:bake-run': '0a1b2c3d',
        Name: 'vendhost-dev-shop-0123456789ab-0a1b2c3d-builder',
      },
      run_id: 'vendhost-bake-0a1b2c3d',
      source_ami: 'ami-0123456789abcdef0',
      ssh_username: 'admin',
      ssh_interface: 'private_ip',
      subnet_id: 'subnet-021b2c3d4e5f6071',
      security_group_id: 'sg-builder',
      instance_type: 't3.small',
      instance_profile: 'vendhost-dev-builder',
      vpc_id: 'vpc-0a1b2c3d4e5f60718',
      device_name: '/dev/xvda',
      volume_gib: 16,
      kms_key_id: facts['key-arn'],
      stage: '/tmp/stage/vendhost',
      phases: ['base.sh', 'install.sh', 'seal.sh'].map((name) => join(packerDirectory, 'phases', name)),
      script_environment: [
        'VENDHOST_TENANT=shop',
        'VENDHOST_ENVIRONMENT=dev',
        'VENDHOST_CODEDEPLOY_URL=https://aws-codedeploy-eu-west-1.s3.eu-west-1.amazonaws.com',
        'VENDHOST_SSM_URL=https://amazon-ssm-eu-west-1.s3.eu-west-1.amazonaws.com',
        'AWS_REGION=eu-west-1',
        'DEBIAN_FRONTEND=noninteractive',
      ],
      poll_seconds: 5,
    });
  });

  test('where the platform says so: a builder with a public address', () => {
    const open = { ...facts, 'builder-access': 'public' as const };
    expect(packerVariables({ ...parts, facts: open })).toMatchObject({
      ssh_interface: 'public_ip',
      subnet_id: 'subnet-011b2c3d4e5f6071',
    });
  });

  test("the tenant's preInstall.sh is a phase when there is one", () => {
    const scripts = [{ path: 'preInstall.sh' }, { path: 'install.sh' }];
    const { phases } = packerVariables({ ...parts, scripts });
    expect(phases).toContain(join(packerDirectory, 'phases/preInstall.sh'));
  });

  test('another endpoint is the address that Packer calls, and nothing else', () => {
    const { endpoint, ...rest } = packerVariables({
      ...parts,
      aws: { ...parts.aws, endpoint: 'http://127.0.0.1:4566' },
    });
    const { endpoint: none, ...onAws } = packerVariables(parts);
    expect([endpoint, none]).toEqual(['http://127.0.0.1:4566', '']);
    expect(rest).toEqual(onAws);
  });

  test('in the local cloud the agents come from there too', () => {
    const aws = { ...parts.aws, endpoint: 'http://127.0.0.1:4566', isLocalCloud: true, pace: paces.localCloud };
    expect(packerVariables({ ...parts, aws })).toMatchObject({
      endpoint: 'http://127.0.0.1:4566',
      local_cloud: true,
      poll_seconds: 1,
      script_environment: expect.arrayContaining([
        'VENDHOST_LOCAL_CLOUD=1',
        'VENDHOST_CODEDEPLOY_URL=http://127.0.0.1:4566/aws-codedeploy-eu-west-1',
        'VENDHOST_SSM_URL=http://127.0.0.1:4566/amazon-ssm-eu-west-1',
      ]),
    });
  });
});
