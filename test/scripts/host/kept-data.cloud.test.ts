import { CreateDBParameterGroupCommand, DeleteDBParameterGroupCommand } from '@aws-sdk/client-rds';
import { beforeAll, expect, test, vi } from 'vitest';
import { deleteStack, setTerminationProtection } from '../../../scripts/stack/delete.ts';
import { readTemplate } from '../../../scripts/stack/stack-plan.ts';
import { readStack } from '../../../scripts/stack/stack-state.ts';
import { cloudAccount } from '../../builders/account.ts';
import { makeImage } from '../../builders/image.ts';
import { namedResources } from '../../builders/named-resources.ts';
import { makePlatform, type Platform } from '../../builders/platform.ts';
import { repository } from '../../builders/repository.ts';
import { admitTenant } from '../../builders/tenant.ts';
import { errorIn, vendhost } from '../command-line.ts';

// A database is started.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
let platform: Platform;
let image: string;
beforeAll(async () => {
  platform = await makePlatform(cloudAccount('100000000349'), { network: true, balancers: 1 });
  await admitTenant(platform, 'shop');
  image = await makeImage(platform, 'shop');
});

async function provision(...more: string[]) {
  const cwd = await repository({ 'vendhost.yml': 'instances: { min: 0, max: 1 }' });
  const words = ['host', 'provision', '--tenant', 'shop', '--environment', 'dev', '--image', image, ...more];
  return await vendhost(words, { cwd, env: platform.env });
}

const data = 'vendhost-dev-shop-data';

// One story: each test stands on the one before.
test('a name in use is reported before anything is created; once it is free, the host is provisioned', async () => {
  const rds = await platform.aws.rds();
  const taken = { DBParameterGroupName: `${data}-mysql84` };
  const family = { DBParameterGroupFamily: 'mysql8.4', Description: "somebody's" };
  await rds.send(new CreateDBParameterGroupCommand({ ...taken, ...family }));
  for (const more of [[], ['--dry-run']]) {
    const refused = await provision(...more);
    expect([refused.code, errorIn(refused)]).toEqual([1, 'DATA_KEPT']);
    expect(refused.stderr).toContain(
      `parameter group ${data}-mysql84; to delete it: aws rds delete-db-parameter-group`,
    );
    expect(await readStack(platform.aws, data)).toBeUndefined();
  }
  await rds.send(new DeleteDBParameterGroupCommand(taken));
  expect((await provision()).code).toBe(0);
});

test('a tenant that comes back after its stacks were deleted is told of each resource', async () => {
  const { aws } = platform;
  const template = (await readTemplate(aws, data)) ?? {};
  for (const stack of ['vendhost-dev-shop-host', data]) {
    await setTerminationProtection(aws, stack, false);
    await deleteStack(platform.runtime(), aws, stack);
  }
  const refused = await provision();
  expect([refused.code, errorIn(refused)]).toEqual([1, 'DATA_KEPT']);
  const named = refused.stderr.split('\n').filter((line) => line.includes('; to delete it: '));
  expect(named.map((line) => line.trim().split(';')[0])).toEqual([
    'database vendhost-dev-shop',
    `parameter group ${data}-mysql84`,
    'secret vendhost/dev/shop/database',
    'log group /aws/rds/instance/vendhost-dev-shop/error',
    'log group /aws/rds/instance/vendhost-dev-shop/slowquery',
  ]);
  // A resource that the template gives a name, and no look-up finds, would stop the next creation in its middle.
  const told = named.map((line) => line.trim().split(';')[0]?.split(' ').at(-1));
  expect(told.sort()).toEqual(
    namedResources({ Resources: {}, ...template }, 'shop')
      .map(({ name }) => name)
      .sort(),
  );
  expect(await readStack(aws, data)).toBeUndefined();
});
