import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateKeyPairCommand,
  CreateSecurityGroupCommand,
  DeleteSecurityGroupCommand,
  DescribeInstanceStatusCommand,
  DescribeKeyPairsCommand,
  ModifyInstanceAttributeCommand,
  ModifyInstanceMetadataDefaultsCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { execa } from 'execa';
import { describe, expect, inject, test } from 'vitest';
import { Fleet } from './fleet.ts';

const fleet = new Fleet(inject('localCloud').endpoint, '610000000041');
const script = (...lines: string[]) =>
  Buffer.from(['#!/bin/bash', ...lines, 'echo end', ''].join('\n')).toString('base64');

describe('an instance', () => {
  test('is a machine of its own with nothing of the host in it', async () => {
    const { InstanceId, PrivateIpAddress } = await fleet.run({
      UserData: script(
        'echo "address $(hostname -i)"',
        'echo "id $(cat /var/lib/cloud/data/instance-id)"',
        'echo "hidden:$(ls -d /work /farm 2>/dev/null)$(find /root /mnt /opt /tmp -mindepth 1)"',
        'echo "cloud-init $(jq -r ".ds.meta_data[\\"local-ipv4\\"]" /run/cloud-init/instance-data.json | xargs)"',
        'echo "homes $(ls /home)"',
        `echo "environment $(env | cut -d= -f1 | sort | tr '\\n' ' ')"`,
        'echo "first $(cat /proc/1/comm), processes of the host: $(pgrep -c node)"',
        'mount -t tmpfs none /mnt 2>/dev/null && echo "may mount" || echo "may not mount"',
        'echo "sudo $(su admin -s /bin/sh -c "sudo -n id -un")"',
      ),
    });
    const text = await fleet.consoleWith(InstanceId, 'end');
    expect(text.trim().split('\n')).toEqual([
      `address ${PrivateIpAddress}`,
      `id ${InstanceId}`,
      'hidden:',
      `cloud-init ${PrivateIpAddress}`,
      'homes admin',
      'environment AWS_ENDPOINT_URL HOME LANG PATH PWD SHLVL _ ',
      expect.stringMatching(/^first python\S*, processes of the host: 0$/),
      'may not mount',
      'sudo root',
      'end',
    ]);
  });

  test('keeps its disk and its address when stopped and started, and runs user data once', async () => {
    const { InstanceId, PrivateIpAddress } = await fleet.run({ UserData: script('echo once >> /srv/times') });
    await fleet.consoleWith(InstanceId, 'end');
    await fleet.ec2.send(new StopInstancesCommand({ InstanceIds: [String(InstanceId)] }));
    await fleet.inState(InstanceId, 'stopped');
    await fleet.ec2.send(new StartInstancesCommand({ InstanceIds: [String(InstanceId)] }));
    const again = await fleet.inState(InstanceId, 'running');
    expect(again.PrivateIpAddress).toBe(PrivateIpAddress);
    const copy = await fleet.createImage(InstanceId, 'kept-disk');
    const heir = await fleet.run({ ImageId: copy.ImageId, UserData: script('echo "times $(cat /srv/times)"') });
    expect(await fleet.consoleWith(heir.InstanceId, 'end')).toContain('times once\n');
  });

  test('opens by SSH with the private key of its key pair, and not without', async () => {
    const { KeyMaterial } = await fleet.ec2.send(new CreateKeyPairCommand({ KeyName: 'door', KeyType: 'ed25519' }));
    const { KeyPairs } = await fleet.ec2.send(
      new DescribeKeyPairsCommand({ KeyNames: ['door'], IncludePublicKey: true }),
    );
    expect(KeyPairs?.[0]?.PublicKey).toMatch(/^ssh-ed25519 /);
    const { PrivateIpAddress } = await fleet.run({ KeyName: 'door' });
    const directory = await mkdtemp(join(tmpdir(), 'vendhost-key-'));
    await writeFile(join(directory, 'key'), String(KeyMaterial), { mode: 0o600 });
    const ssh = (...options: string[]) =>
      execa('ssh', [
        ...['-F', '/dev/null', '-o', 'BatchMode=yes', '-o', 'IdentitiesOnly=yes', '-o', 'IdentityAgent=none'],
        ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'],
        ...options,
        `admin@${PrivateIpAddress}`,
        'sudo id -un; hostname -i',
      ]);
    expect((await ssh('-i', join(directory, 'key'))).stdout).toBe(`root\n${PrivateIpAddress}`);
    await expect(ssh()).rejects.toThrow('Permission denied');
  });

  test('is reported ok only when it runs', async () => {
    const { InstanceId } = await fleet.run();
    const ids = { InstanceIds: [String(InstanceId)], IncludeAllInstances: true };
    const status = async () => {
      const { InstanceStatuses } = await fleet.ec2.send(new DescribeInstanceStatusCommand(ids));
      return InstanceStatuses?.[0]?.InstanceStatus?.Status;
    };
    expect(await status()).toBe('ok');
    await fleet.ec2.send(new StopInstancesCommand({ InstanceIds: [String(InstanceId)] }));
    await fleet.inState(InstanceId, 'stopped');
    expect(await status()).toBe('not-applicable');
  });

  test('is not terminated against its protection, and holds its security group', async () => {
    const group = new CreateSecurityGroupCommand({ GroupName: 'held', Description: 'held', VpcId: fleet.vpc });
    const { GroupId } = await fleet.ec2.send(group);
    const { InstanceId } = await fleet.run({ SecurityGroupIds: [String(GroupId)], DisableApiTermination: true });
    const terminate = () => fleet.ec2.send(new TerminateInstancesCommand({ InstanceIds: [String(InstanceId)] }));
    await expect(terminate()).rejects.toMatchObject({ name: 'OperationNotPermitted' });
    await expect(fleet.ec2.send(new DeleteSecurityGroupCommand({ GroupId }))).rejects.toMatchObject({
      name: 'DependencyViolation',
    });
    const unprotect = { InstanceId, DisableApiTermination: { Value: false } };
    await fleet.ec2.send(new ModifyInstanceAttributeCommand(unprotect));
    await terminate();
    await fleet.inState(InstanceId, 'terminated');
    await fleet.ec2.send(new DeleteSecurityGroupCommand({ GroupId }));
  });

  test("takes the account's metadata defaults", async () => {
    const strict = new Fleet(inject('localCloud').endpoint, '610000000011');
    await strict.ec2.send(new ModifyInstanceMetadataDefaultsCommand({ HttpTokens: 'required' }));
    expect((await strict.start()).MetadataOptions?.HttpTokens).toBe('required');
    expect((await fleet.start()).MetadataOptions?.HttpTokens).toBe('optional');
  });
});

describe('RunInstances refuses', () => {
  test.each([
    ['an unknown image', { ImageId: 'ami-12345678' }, 'InvalidAMIID.NotFound'],
    ['an unknown type', { InstanceType: 'z9.huge' as 't3.micro' }, 'InvalidParameterValue'],
    ['a type of another architecture', { InstanceType: 't4g.micro' as const }, 'InvalidParameterValue'],
    ['an unknown subnet', { SubnetId: 'subnet-12345678' }, 'InvalidSubnetID.NotFound'],
    ['an unknown key pair', { KeyName: 'nobody' }, 'InvalidKeyPair.NotFound'],
    ['an unknown instance profile', { IamInstanceProfile: { Name: 'nobody' } }, 'InvalidParameterValue'],
    ['cloud-config, which it would not run', { UserData: btoa('#cloud-config\n') }, 'UnsupportedOperation'],
    ['what it does not honour', { InstanceMarketOptions: { MarketType: 'spot' as const } }, 'UnsupportedOperation'],
    [
      'a key without encryption',
      { BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { KmsKeyId: 'alias/x' } }] },
      'InvalidParameterDependency',
    ],
  ])('%s', async (_, input, name) => {
    await expect(fleet.start(input)).rejects.toMatchObject({ name });
  });

  test('a key that does not exist, as EC2 does: the instance terminates and says why', async () => {
    const ebs = { Encrypted: true, KmsKeyId: 'alias/nothing' };
    const { InstanceId } = await fleet.start({ BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: ebs }] });
    const ended = await fleet.inState(InstanceId, 'terminated');
    expect(ended.StateReason?.Code).toBe('Client.InvalidKMSKey.InvalidState');
  });
});
