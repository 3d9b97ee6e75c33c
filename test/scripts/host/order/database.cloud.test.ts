import { DescribeSecurityGroupsCommand } from '@aws-sdk/client-ec2';
import { beforeAll, expect, test, vi } from 'vitest';
import { readStack } from '../../../../scripts/stack/stack-state.ts';
import { type Commit, OrderedHost } from './ordered-host.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const config = (database: string) => `instances: { min: 2, max: 3 }
health_check: { grace_seconds: 0 }
database: ${database}
`;
const needsDatabase: Commit = {
  config: config('{ name: stock }'),
  answers: { '/': 200 },
  hook: [`test "$(jq -r .database.schema /etc/vendhost/host.json)" = stock`],
};
const without: Commit = { config: config('none'), answers: { '/': 200, '/plain': 200 } };
let host: OrderedHost;

beforeAll(async () => {
  host = await OrderedHost.make('100000000562');
  await host.push(needsDatabase, await host.image());
  await host.provision(needsDatabase);
});

/** Who may connect to the database. */
async function admitted(): Promise<unknown[]> {
  const data = await readStack(host.platform.aws, 'vendhost-dev-kiosk-data');
  const GroupIds = [data?.outputs.DatabaseSecurityGroup ?? ''];
  const { SecurityGroups } = await (await host.platform.aws.ec2()).send(
    new DescribeSecurityGroupsCommand({ GroupIds }),
  );
  return SecurityGroups?.[0]?.IpPermissions ?? [];
}

test('software without a database and `database: none` in one push, and reverted in another: nobody notices', async () => {
  const instances = (await host.group())?.inService;
  const before = await admitted();
  expect(before).toMatchObject([{ FromPort: 3306 }]);
  const gone = await host.probed(() => host.push(without));
  expect(gone).toEqual({ asked: expect.any(Number), failed: [] });
  expect(await admitted()).toEqual(before);
  const back = await host.probed(() => host.push(needsDatabase));
  expect(back).toEqual({ asked: expect.any(Number), failed: [] });
  expect(await admitted()).toEqual(before);
  expect((await host.group())?.inService).toEqual(instances);
});

test('a new image meanwhile still gets the old revision, which needs the database', async () => {
  const moved = await host.probed(async () => host.push(without, await host.image()));
  expect(moved.failed).toEqual([]);
  const warned = await host.provision(without);
  expect(warned.join('\n')).toContain('there is a database: it stays, and the instances reach it');
});
