import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';
import { type BuilderParts, packerVariables } from '../../../scripts/image/builder.ts';
import { packerDirectory } from '../../../scripts/image/packer.ts';
import { makeStage } from '../../../scripts/image/stage.ts';

const facts: PlatformFacts = {
  'vpc-id': 'vpc-1',
  'vpc-cidr': '10.0.0.0/16',
  'availability-zones': ['eu-west-1a'],
  'public-subnet-ids': ['subnet-public-1', 'subnet-public-2'],
  'natted-subnet-ids': ['subnet-natted-1'],
  'private-subnet-ids': ['subnet-private-1'],
  'load-balancer-arn': 'lb',
  'load-balancer-dns': 'lb',
  'load-balancer-security-group-id': 'sg-1',
  'listener-arn': 'listener',
  bucket: 'bucket',
  'key-arn': 'arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555',
  'boundary-arn': 'boundary',
  'builder-instance-profile': 'vendhost-dev-builder',
  approval: false,
  domain: 'example.test',
};

const parts: BuilderParts = {
  place: { environment: 'dev', tenant: 'shop' },
  facts,
  config: vendhostSchema.parse({}).image,
  source: {
    id: 'ami-0123456789abcdef0',
    name: 'debian-12',
    architecture: 'x86_64',
    rootDevice: '/dev/xvda',
    volumeGib: 8,
  },
  run: '0a1b2c3d',
  imageName: 'vendhost-dev-shop-0123456789ab-0a1b2c3d',
  bakeKey: '0123456789abcdef',
  commit: 'c0ffee',
  stage: '/tmp/stage/vendhost',
  region: 'eu-west-1',
  endpoint: undefined,
  access: undefined,
};

describe('packerVariables', () => {
  test('on AWS: public builder, agents from the buckets of the region', () => {
    expect(packerVariables(parts)).toEqual({
      region: 'eu-west-1',
      endpoint: '',
      image_name: 'vendhost-dev-shop-0123456789ab-0a1b2c3d',
      image_description: 'shop in dev, from debian-12',
      image_tags: {
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
      ssh_interface: 'public_ip',
      ssh_source_cidr: '0.0.0.0/0',
      subnet_id: 'subnet-public-1',
      instance_type: 't3.small',
      instance_profile: 'vendhost-dev-builder',
      vpc_id: 'vpc-1',
      device_name: '/dev/xvda',
      volume_gib: 16,
      kms_key_id: facts['key-arn'],
      stage: '/tmp/stage/vendhost',
      script_environment: [
        'VENDHOST_TENANT=shop',
        'VENDHOST_ENVIRONMENT=dev',
        'VENDHOST_CLOUD=aws',
        'VENDHOST_CODEDEPLOY_URL=https://aws-codedeploy-eu-west-1.s3.eu-west-1.amazonaws.com',
        'VENDHOST_SSM_URL=https://amazon-ssm-eu-west-1.s3.eu-west-1.amazonaws.com',
        'AWS_REGION=eu-west-1',
        'DEBIAN_FRONTEND=noninteractive',
      ],
      poll_seconds: 5,
    });
  });

  test('a runner inside the VPC gets a builder without a public address', () => {
    expect(packerVariables({ ...parts, access: 'private' })).toMatchObject({
      ssh_interface: 'private_ip',
      ssh_source_cidr: '10.0.0.0/16',
      subnet_id: 'subnet-natted-1',
    });
  });

  test('another access is refused', () => {
    expect(() => packerVariables({ ...parts, access: 'vpn' })).toThrow('VENDHOST_BUILDER_ACCESS is "vpn"');
  });

  test('with another endpoint everything comes from there', () => {
    expect(packerVariables({ ...parts, endpoint: 'http://127.0.0.1:4566' })).toMatchObject({
      endpoint: 'http://127.0.0.1:4566',
      poll_seconds: 1,
      script_environment: expect.arrayContaining([
        'VENDHOST_CLOUD=local',
        'VENDHOST_CODEDEPLOY_URL=http://127.0.0.1:4566/aws-codedeploy-eu-west-1',
        'VENDHOST_SSM_URL=http://127.0.0.1:4566/amazon-ssm-eu-west-1',
      ]),
    });
  });
});

test('the template takes these variables, and with them is valid', async () => {
  const stage = await makeStage([], []);
  onTestFinished(() => stage.remove());
  const local = { ...parts, endpoint: 'http://127.0.0.1:9', stage: tmpdir() };
  const file = await stage.writeVariables(packerVariables(local));
  const home = await mkdtemp(join(tmpdir(), 'vendhost-packer-home-'));
  onTestFinished(() => rm(home, { recursive: true }));
  const template = join(packerDirectory, 'ami.pkr.hcl');
  const env = { HOME: home, CHECKPOINT_DISABLE: '1', AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' };
  const { all, exitCode } = await execa('packer', ['validate', `-var-file=${file}`, template], {
    env,
    all: true,
    reject: false,
  });
  expect(exitCode, all).toBe(0);
});
