import type { Activity, Instance } from '@aws-sdk/client-auto-scaling';
import { describe, expect, test } from 'vitest';
import { paces } from '../../../../scripts/aws/poll.ts';
import type { Aws } from '../../../../scripts/aws/session.ts';
import { waitInService } from '../../../../scripts/host/instances/in-service.ts';
import { recorder } from '../../../builders/recorder.ts';

const since = new Date('2026-03-01T12:00:00Z');
const [before, after] = [new Date('2026-03-01T11:59:59Z'), new Date('2026-03-01T12:00:01Z')];
const failed = (StartTime: Date, StatusMessage = 'no capacity in eu-west-1a'): Activity => ({
  ActivityId: '1',
  AutoScalingGroupName: 'vendhost-dev-shop',
  Cause: '',
  StartTime,
  StatusCode: 'Failed',
  StatusMessage,
});

/** A group of one that gets its instance once its activities were looked at, unless those are reason to give up. */
function group(activities: readonly Activity[]): Aws {
  const Instances: Pick<Instance, 'InstanceId' | 'LifecycleState'>[] = [];
  const answers: Record<string, () => object> = {
    DescribeAutoScalingGroupsCommand: () => ({
      AutoScalingGroups: [
        {
          AutoScalingGroupName: 'vendhost-dev-shop',
          LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '1' },
          MinSize: 1,
          Instances: [...Instances],
        },
      ],
    }),
    DescribeScalingActivitiesCommand: () => {
      Instances.push({ InstanceId: 'i-1', LifecycleState: 'InService' });
      return { Activities: activities };
    },
  };
  const client = { send: async (command: object) => answers[command.constructor.name]?.() };
  return { pace: paces.localCloud, autoScaling: async () => client } as unknown as Aws;
}

const wait = (...activities: Activity[]) =>
  waitInService(recorder(), group(activities), { tenant: 'shop', environment: 'dev' }, since);

describe('waitInService', () => {
  test('two failed launches are tolerated: another zone may have capacity', async () => {
    expect(await wait(failed(after), failed(after))).toBe(1);
  });

  test('failures from before this run do not count', async () => {
    expect(await wait(failed(after), failed(before), failed(before), failed(before))).toBe(1);
  });

  test('more are an error, with each reason once', async () => {
    await expect(wait(failed(after), failed(after, 'no such image'), failed(since))).rejects.toMatchObject({
      code: 'INSTANCES_FAILED',
      message: 'vendhost-dev-shop cannot start its instances: 3 launches failed',
      details: ['no capacity in eu-west-1a', 'no such image'],
    });
  });
});
