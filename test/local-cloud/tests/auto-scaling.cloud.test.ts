import {
  type AutoScalingGroup,
  CancelInstanceRefreshCommand,
  CreateAutoScalingGroupCommand,
  type CreateAutoScalingGroupCommandInput,
  DeleteAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeInstanceRefreshesCommand,
  DescribeScalingActivitiesCommand,
  type InstanceRefresh,
  RollbackInstanceRefreshCommand,
  StartInstanceRefreshCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { CreateLaunchTemplateVersionCommand, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { CreateRuleCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { describe, expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../clients.ts';
import { eventually, Fleet, webServer } from './fleet.ts';

const account = '610000000004';
const { endpoint } = inject('localCloud');
const fleet = new Fleet(endpoint, account);
const stacks = new Stacks(clientConfig(endpoint, account));
const running = ['Pending', 'InProgress', 'RollbackInProgress', 'Cancelling'];

async function group(name: string): Promise<AutoScalingGroup> {
  const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] });
  const { AutoScalingGroups } = await fleet.scaling.send(command);
  return AutoScalingGroups?.[0] ?? ({} as AutoScalingGroup);
}

/** Waits until a group has so many instances in service and no others; their ids. */
function settled(name: string, count: number): Promise<string[]> {
  return eventually(async () => {
    const { Instances = [] } = await group(name);
    const well = Instances.every((one) => one.LifecycleState === 'InService');
    return well && Instances.length === count && Instances.map((one) => String(one.InstanceId));
  });
}

async function create(name: string, settings: Partial<CreateAutoScalingGroupCommandInput> = {}): Promise<string> {
  const template = await fleet.launchTemplate(name, {
    ImageId: await fleet.baseImage(),
    InstanceType: 't3.micro',
    UserData: btoa(webServer),
  });
  await fleet.scaling.send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: name,
      MinSize: 1,
      MaxSize: 4,
      LaunchTemplate: { LaunchTemplateId: template, Version: '1' },
      VPCZoneIdentifier: fleet.subnet,
      ...settings,
    }),
  );
  return template;
}

/** A target group behind a listener of its own. */
async function balanced(name: string, HealthCheckPath = '/ok'): Promise<string> {
  const TargetGroupArn = await fleet.targetGroup(name, { HealthCheckPath });
  await fleet.balancing.send(
    new CreateRuleCommand({
      ListenerArn: await fleet.listener(name),
      Priority: 1,
      Conditions: [{ Field: 'host-header', Values: [`${name}.example.com`] }],
      Actions: [{ Type: 'forward', TargetGroupArn }],
    }),
  );
  return TargetGroupArn;
}

/** Waits for the end of a group's newest refresh. */
function refreshed(name: string): Promise<InstanceRefresh> {
  return eventually(async () => {
    const command = new DescribeInstanceRefreshesCommand({ AutoScalingGroupName: name });
    const newest = (await fleet.scaling.send(command)).InstanceRefreshes?.[0];
    return newest && !running.includes(String(newest.Status)) && newest;
  });
}

async function versions(name: string): Promise<(string | undefined)[]> {
  return ((await group(name)).Instances ?? []).map((one) => one.LaunchTemplate?.Version).sort();
}

describe('a group', () => {
  test('has as many instances as its least size, with its tags; dead ones are replaced; it takes them along', async () => {
    await create('herd', {
      MinSize: 2,
      Tags: [
        { Key: 'vendhost:tenant', Value: 'shop', PropagateAtLaunch: true },
        { Key: 'own', Value: 'x', PropagateAtLaunch: false },
      ],
    });
    const [first = '', second = ''] = await settled('herd', 2);
    expect((await group('herd')).DesiredCapacity).toBe(2);
    expect((await fleet.instance(first)).Tags).toEqual(
      expect.arrayContaining([
        { Key: 'vendhost:tenant', Value: 'shop' },
        { Key: 'aws:autoscaling:groupName', Value: 'herd' },
      ]),
    );
    expect((await fleet.instance(first)).Tags).not.toContainEqual({ Key: 'own', Value: 'x' });

    await fleet.ec2.send(new TerminateInstancesCommand({ InstanceIds: [first] }));
    const successor = await eventually(async () => {
      const ids = await settled('herd', 2);
      return !ids.includes(first) && ids.find((id) => id !== second);
    });
    const shown = await fleet.scaling.send(new DescribeAutoScalingInstancesCommand({ InstanceIds: [successor] }));
    expect(shown.AutoScalingInstances).toMatchObject([{ AutoScalingGroupName: 'herd', HealthStatus: 'Healthy' }]);

    const remove = { AutoScalingGroupName: 'herd' };
    await expect(fleet.scaling.send(new DeleteAutoScalingGroupCommand(remove))).rejects.toMatchObject({
      name: 'ResourceInUseFault',
    });
    await fleet.scaling.send(new DeleteAutoScalingGroupCommand({ ...remove, ForceDelete: true }));
    await fleet.inState(successor, 'terminated');
  });

  test('grows and shrinks with its sizes', async () => {
    const template = await create('accordion');
    await settled('accordion', 1);
    const size = (settings: object) =>
      fleet.scaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: 'accordion', ...settings }));
    await size({ DesiredCapacity: 3 });
    await settled('accordion', 3);
    await size({ MaxSize: 1 });
    await settled('accordion', 1);
    await expect(size({ MinSize: 2 })).rejects.toMatchObject({ name: 'ValidationError' });
    await expect(size({ DesiredCapacity: 5 })).rejects.toMatchObject({ name: 'ValidationError' });
    const LaunchTemplate = { LaunchTemplateId: template, Version: '99' };
    await expect(size({ LaunchTemplate })).rejects.toThrow('Could not find the specified version 99');
    await size({ MinSize: 0, DesiredCapacity: 0 });
    await settled('accordion', 0);
  });

  test('that cannot launch says why', async () => {
    const template = await create('broken', { MinSize: 0 });
    const data = { ImageId: 'ami-12345678', InstanceType: 't3.micro' as const };
    const version = { LaunchTemplateId: template, LaunchTemplateData: data };
    await fleet.ec2.send(new CreateLaunchTemplateVersionCommand(version));
    await fleet.scaling.send(
      new UpdateAutoScalingGroupCommand({
        AutoScalingGroupName: 'broken',
        LaunchTemplate: { LaunchTemplateId: template, Version: '2' },
        DesiredCapacity: 1,
      }),
    );
    const failure = await eventually(async () => {
      const command = new DescribeScalingActivitiesCommand({ AutoScalingGroupName: 'broken' });
      return (await fleet.scaling.send(command)).Activities?.find((one) => one.StatusCode === 'Failed');
    });
    expect(failure.StatusMessage).toContain("The image id '[ami-12345678]' does not exist");
    await fleet.scaling.send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: 'broken', ForceDelete: true }));
  });
});

describe('an instance refresh', () => {
  test('rolls every instance, healthy before the next, and can be rolled back by a sick one', async () => {
    const target = await balanced('rolling');
    const template = await create('rolling', {
      MinSize: 2,
      TargetGroupARNs: [target],
      HealthCheckType: 'ELB',
      HealthCheckGracePeriod: 600,
    });
    const old = await settled('rolling', 2);
    await eventually(async () => Object.values(await fleet.health(target)).join() === 'healthy,healthy');
    const version = (LaunchTemplateData: object, SourceVersion?: string) =>
      fleet.ec2.send(
        new CreateLaunchTemplateVersionCommand({ LaunchTemplateId: template, SourceVersion, LaunchTemplateData }),
      );
    const refresh = (Version: string) =>
      fleet.scaling.send(
        new StartInstanceRefreshCommand({
          AutoScalingGroupName: 'rolling',
          DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: template, Version } },
          Preferences: { MinHealthyPercentage: 100, MaxHealthyPercentage: 150, AutoRollback: true, InstanceWarmup: 0 },
        }),
      );

    await version({ InstanceType: 't3.small' }, '1');
    await refresh('2');
    await expect(refresh('2')).rejects.toMatchObject({ name: 'InstanceRefreshInProgressFault' });
    const good = await refreshed('rolling');
    expect(good).toMatchObject({ Status: 'Successful', PercentageComplete: 100, InstancesToUpdate: 0 });
    const rolled = await settled('rolling', 2);
    expect(rolled).not.toEqual(expect.arrayContaining([old[0]]));
    expect(await versions('rolling')).toEqual(['2', '2']);
    expect((await group('rolling')).LaunchTemplate?.Version).toBe('2');

    // Nothing answers on this one, and nobody waits for it.
    await version({ ImageId: await fleet.baseImage(), InstanceType: 't3.micro' });
    await fleet.scaling.send(
      new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: 'rolling', HealthCheckGracePeriod: 2 }),
    );
    await refresh('3');
    const bad = await refreshed('rolling');
    expect(bad.Status).toBe('RollbackSuccessful');
    expect(bad.StatusReason).toContain('health');
    expect(await settled('rolling', 2)).toEqual(rolled);
    expect((await group('rolling')).LaunchTemplate?.Version).toBe('2');
  });

  test('can be cancelled', async () => {
    // Its instances never become healthy, so that a refresh lasts until it is cancelled.
    const TargetGroupARNs = [await balanced('calm', '/nothing-here')];
    await create('calm', { MinSize: 1, HealthCheckType: 'ELB', HealthCheckGracePeriod: 600, TargetGroupARNs });
    await settled('calm', 1);
    const name = { AutoScalingGroupName: 'calm' };
    await expect(fleet.scaling.send(new CancelInstanceRefreshCommand(name))).rejects.toMatchObject({
      name: 'ActiveInstanceRefreshNotFoundFault',
    });
    const Preferences = { AutoRollback: true };
    const returning = fleet.scaling.send(new StartInstanceRefreshCommand({ ...name, Preferences }));
    await expect(returning).rejects.toThrow('AutoRollback needs a DesiredConfiguration');
    await fleet.scaling.send(new StartInstanceRefreshCommand(name));
    await expect(fleet.scaling.send(new RollbackInstanceRefreshCommand(name))).rejects.toMatchObject({
      name: 'IrreversibleInstanceRefreshFault',
    });
    await fleet.scaling.send(new CancelInstanceRefreshCommand(name));
    expect((await refreshed('calm')).Status).toBe('Cancelled');
    await settled('calm', 1);
  });
});

test('a group of a stack runs, keeps its capacity over updates, and goes with the stack', async () => {
  const resources = async (MaxSize: string) => ({
    Security: { Type: 'AWS::EC2::SecurityGroup', Properties: { GroupDescription: 'members', VpcId: fleet.vpc } },
    Template: {
      Type: 'AWS::EC2::LaunchTemplate',
      Properties: {
        LaunchTemplateData: {
          ImageId: await fleet.baseImage(),
          InstanceType: 't3.micro',
          SecurityGroupIds: [{ 'Fn::GetAtt': ['Security', 'GroupId'] }],
        },
      },
    },
    Group: {
      Type: 'AWS::AutoScaling::AutoScalingGroup',
      Properties: {
        AutoScalingGroupName: 'stacked',
        MinSize: '1',
        MaxSize,
        VPCZoneIdentifier: [fleet.subnet],
        LaunchTemplate: {
          LaunchTemplateId: { Ref: 'Template' },
          Version: { 'Fn::GetAtt': ['Template', 'LatestVersionNumber'] },
        },
      },
    },
  });
  expect((await stacks.create('group', { resources: await resources('2') })).status).toBe('CREATE_COMPLETE');
  await settled('stacked', 1);
  await fleet.scaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: 'stacked', DesiredCapacity: 2 }));
  const ids = await settled('stacked', 2);
  expect((await stacks.update('group', { resources: await resources('3') })).status).toBe('UPDATE_COMPLETE');
  expect(await group('stacked')).toMatchObject({ DesiredCapacity: 2, MaxSize: 3 });
  expect((await stacks.delete('group')).status).toBe('DELETE_COMPLETE');
  for (const id of ids) expect((await fleet.instance(id)).State?.Name).toBe('terminated');
});
