import { expect, test } from 'vitest';
import { openAws } from '../../../../scripts/aws/session.ts';
import { isSameRefresh, rollOut } from '../../../../scripts/host/instances/roll-out.ts';
import { recorder } from '../../../builders/recorder.ts';
import { xml } from '../../answering.ts';
import { refusal, wire } from '../../wire.ts';

const group = {
  name: 'vendhost-dev-shop',
  launchTemplateId: 'lt-1',
  version: '1',
  instances: 1,
} as Parameters<typeof rollOut>[2];

const member = (id: string, version: string, status: string) =>
  `<member><InstanceRefreshId>${id}</InstanceRefreshId><Status>${status}</Status><Preferences><SkipMatching>true</SkipMatching></Preferences><DesiredConfiguration><LaunchTemplate><LaunchTemplateId>lt-1</LaunchTemplateId><Version>${version}</Version></LaunchTemplate></DesiredConfiguration></member>`;

/**
 * An Auto Scaling that refuses the first StartInstanceRefresh, because `active` began meanwhile: it runs when it is listed, and has
 * ended when it is followed.
 */
async function meanwhile(active: { id: string; version: string }) {
  const started: string[] = [];
  let isBegun = false;
  const AWS_ENDPOINT_URL = await wire(undefined, async (call) => {
    if (call.operation === 'StartInstanceRefresh') {
      started.push(call.body);
      if (!isBegun) {
        isBegun = true;
        return refusal(call, 'InstanceRefreshInProgress', 'An Instance Refresh is already in progress');
      }
      return { status: 200, body: xml(call.operation, '<InstanceRefreshId>second</InstanceRefreshId>') };
    }
    const asked = new URLSearchParams(call.body).get('InstanceRefreshIds.member.1');
    const ended = asked === null ? '' : member(asked, active.version, 'Successful');
    const running = isBegun ? member(active.id, active.version, 'InProgress') : '';
    const all = `<InstanceRefreshes>${asked === null ? running : ended}</InstanceRefreshes>`;
    return { status: 200, body: xml(call.operation, all) };
  });
  const keys = { AWS_ACCESS_KEY_ID: '100000000001', AWS_SECRET_ACCESS_KEY: 'a secret key', AWS_REGION: 'eu-west-1' };
  const runtime = recorder({ ...keys, AWS_ENDPOINT_URL });
  await rollOut(runtime, openAws(runtime), group, '2');
  return { started: started.length, progress: runtime.progress() };
}

test('an instance refresh with the requested result is followed, not started again', async () => {
  expect((await meanwhile({ id: 'own', version: '2' })).started).toBe(1);
});

test('one that another job started is waited for', async () => {
  const { started, progress } = await meanwhile({ id: 'other', version: '7' });
  expect(started).toBe(2);
  expect(progress[0]).toMatch(/^an instance refresh of vendhost-dev-shop is InProgress: waiting for it/);
});

test('a refresh to the same version differs from one to a new version', () => {
  const again = { Preferences: { SkipMatching: false } };
  const update = {
    DesiredConfiguration: { LaunchTemplate: { LaunchTemplateId: 'lt-1', Version: '2' } },
    Preferences: { SkipMatching: true, AutoRollback: true },
  };
  expect([isSameRefresh(again, again), isSameRefresh({}, again), isSameRefresh(update, update)]).toEqual([
    true,
    true,
    true,
  ]);
  expect([isSameRefresh(update, again), isSameRefresh(again, update)]).toEqual([false, false]);
});
