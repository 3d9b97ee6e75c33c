import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeKeyPairsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
} from '@aws-sdk/client-ec2';
import { execa } from 'execa';
import { beforeAll, expect, inject, test } from 'vitest';
import { callJson } from '../clients.ts';
import { accountEnvironment } from '../start.ts';
import { Fleet } from './fleet.ts';

const account = '610000000006';
const cloud = inject('localCloud');
const fleet = new Fleet(cloud.endpoint, account);
let key: string;

/** A template for the oldest Packer we support (1.6). */
function template(name: string, lines: string[]): string {
  return `
source "amazon-ebs" "it" {
  region                  = "eu-west-1"
  custom_endpoint_ec2     = "${cloud.endpoint}"
  skip_region_validation  = true
  skip_metadata_api_check = true
  ami_name                = "${name}"
  instance_type           = "t3.micro"
  ssh_username            = "admin"
  ssh_clear_authorized_keys = true
  source_ami_filter {
    filters     = { name = "debian-12-amd64-*", root-device-type = "ebs", virtualization-type = "hvm" }
    owners      = ["136693071363"]
    most_recent = true
  }
  launch_block_device_mappings {
    device_name           = "/dev/xvda"
    volume_type           = "gp3"
    volume_size           = 9
    iops                  = 3000
    throughput            = 125
    encrypted             = true
    kms_key_id            = "${key}"
    delete_on_termination = true
  }
  aws_polling {
    delay_seconds = 1
    max_attempts  = 60
  }
  tags          = { "vendhost:tenant" = "lantern" }
  snapshot_tags = { "vendhost:tenant" = "lantern" }
}
build {
  sources = ["source.amazon-ebs.it"]
  provisioner "shell" {
    inline = ${JSON.stringify(lines)}
  }
}
`;
}

/** Starts a build. */
async function build(name: string, lines: string[]) {
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-packer-'));
  await writeFile(join(directory, 'it.pkr.hcl'), template(name, lines));
  const process = execa('packer', ['build', '-color=false', 'it.pkr.hcl'], {
    cwd: directory,
    env: { ...accountEnvironment(cloud, account), CHECKPOINT_DISABLE: '1' },
    reject: false,
    all: true,
  });
  return { process };
}

/** What a build must not leave behind. */
async function leftOver() {
  const states = ['pending', 'running', 'shutting-down', 'stopping', 'stopped'];
  const living = new DescribeInstancesCommand({ Filters: [{ Name: 'instance-state-name', Values: states }] });
  const { KeyPairs } = await fleet.ec2.send(new DescribeKeyPairsCommand({}));
  const { SecurityGroups } = await fleet.ec2.send(new DescribeSecurityGroupsCommand({}));
  return {
    instances: (await fleet.ec2.send(living)).Reservations?.length,
    keyPairs: KeyPairs?.map((one) => one.KeyName),
    groups: SecurityGroups?.map((one) => one.GroupName),
  };
}

const nothing = { instances: 0, keyPairs: [], groups: ['default'] };

beforeAll(async () => {
  const { KeyMetadata } = await callJson(cloud.endpoint, account, 'TrentService.CreateKey', {});
  key = (KeyMetadata as { Arn: string }).Arn;
});

test('Packer makes an encrypted image over SSH, without a copy, and leaves nothing behind', async () => {
  const result = await (
    await build('packed', [
      'sudo apt-get install --yes --quiet tree > /dev/null',
      'echo "$(id -un) has $(command -v tree)" | sudo tee /srv/mark',
    ])
  ).process;
  expect(result.all).toContain('admin has /usr/bin/tree');
  expect(result.exitCode).toBe(0);
  const { Images } = await fleet.ec2.send(new DescribeImagesCommand({ Owners: ['self'] }));
  expect(Images).toMatchObject([
    {
      Name: 'packed',
      State: 'available',
      Tags: [{ Key: 'vendhost:tenant', Value: 'lantern' }],
      BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, VolumeSize: 9, VolumeType: 'gp3' } }],
    },
  ]);
  const { Snapshots } = await fleet.ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'] }));
  expect(Snapshots).toMatchObject([{ Encrypted: true, KmsKeyId: key }]);
  expect(await leftOver()).toEqual(nothing);
});

test('a failing script makes no image and leaves nothing behind', async () => {
  const result = await (await build('failing', ['echo "this will not do"', 'exit 3'])).process;
  expect(result.exitCode).toBe(1);
  expect(result.all).toContain('this will not do');
  const named = new DescribeImagesCommand({ Filters: [{ Name: 'name', Values: ['failing'] }] });
  expect((await fleet.ec2.send(named)).Images).toEqual([]);
  expect(await leftOver()).toEqual(nothing);
});

test('a build that is told to end (SIGTERM) leaves nothing behind', async () => {
  const { process } = await build('cancelled', ['echo "at work"', 'sleep 60']);
  for await (const line of process) {
    if (line.includes('at work')) process.kill('SIGTERM');
  }
  expect((await process).exitCode).not.toBe(0);
  const named = new DescribeImagesCommand({ Filters: [{ Name: 'name', Values: ['cancelled'] }] });
  expect((await fleet.ec2.send(named)).Images).toEqual([]);
  expect(await leftOver()).toEqual(nothing);
});
