import { expect, test } from 'vitest';
import { virtualHostApp } from '../../../cdk/tenant/virtual-host-app.ts';
import { names } from '../../../scripts/config/names.ts';
import { cloudAccount } from '../../builders/account.ts';
import { namedResources } from '../../builders/named-resources.ts';
import { makePlatform } from '../../builders/platform.ts';
import { type StackInput, Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../../local-cloud/clients.ts';
import { virtualHost } from './props.ts';

/** The first creation of the data stack: whichever of its names is taken, it works once the name is free. */

const account = cloudAccount('680000000002');
const stacks = new Stacks(clientConfig(account.endpoint, account.account));
const platform = await makePlatform(account, { network: true });

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DependsOn?: readonly string[];
}

async function dataStack(tenant: string) {
  const place = { tenant, environment: 'dev' };
  const app = virtualHostApp(virtualHost({ place, facts: platform.facts }), {});
  const { artifacts } = app.synth();
  const name = names.tenantStack(place, 'data');
  const template = artifacts.flatMap((artifact) =>
    'template' in artifact && artifact.id === name ? [artifact] : [],
  )[0]?.template as { Resources: Record<string, Resource> };
  return { name, resources: template.Resources };
}

/** What a resource refers to or waits for, and what that does. */
function needs(resources: Record<string, Resource>, id: string, seen: Set<string> = new Set()): Set<string> {
  for (const other of Object.keys(resources)) {
    if (seen.has(other) || other === id || !JSON.stringify(resources[id]).includes(`"${other}"`)) continue;
    seen.add(other);
    needs(resources, other, seen);
  }
  return seen;
}

/** The resources with one that is made after all others that do not need it. */
function withLast(resources: Record<string, Resource>, last: string): Record<string, Resource> {
  const others = Object.keys(resources).filter((id) => id !== last && !needs(resources, id).has(last));
  return { ...resources, [last]: { ...(resources[last] as Resource), DependsOn: others } };
}

/** Somebody else's resource of that name. */
function namesake({ Type, Properties }: Resource): StackInput {
  const database = {
    Engine: 'mysql',
    DBInstanceClass: 'db.t4g.micro',
    AllocatedStorage: '20',
    MasterUsername: 'admin',
  };
  const plain =
    Type === 'AWS::RDS::DBInstance'
      ? { ...database, MasterUserPassword: 'somebody-elses', DBInstanceIdentifier: Properties.DBInstanceIdentifier }
      : Properties;
  return { resources: { Taken: { Type, Properties: plain, DeletionPolicy: 'Delete' } } };
}

// Whatever the template gives a name has a case of its own.
const named = namedResources({ Resources: (await dataStack('any-one')).resources }, 'any-one');

test('what has a name: database, parameter group, secret and log groups at least', () => {
  expect(named.length).toBeGreaterThanOrEqual(5);
});

test.each(named.map(({ id }, index) => [id, `named-${index}`] as const))(
  '%s fails last: nothing stays, and the next creation works',
  async (last, tenant) => {
    const { name, resources } = await dataStack(tenant);
    const resource = resources[last] as Resource;
    await stacks.create(`${tenant}-namesake`, namesake(resource));
    const input = { resources: withLast(resources, last) };
    const failed = await stacks.create(name, input);
    expect(failed.status).toBe('ROLLBACK_COMPLETE');
    expect(failed.failures).toEqual([expect.stringMatching(`^${last}: .*(already exists|AlreadyExists)`)]);
    expect((await stacks.delete(`${tenant}-namesake`)).status).toBe('DELETE_COMPLETE');
    await stacks.delete(name);
    expect(await stacks.create(name, input)).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
  },
);

test('a database that was made stays when something after it fails: a person decides about it', async () => {
  const { name, resources } = await dataStack('late');
  const topic = { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'somebody-elses' } };
  await stacks.create('late-topic', { resources: { Topic: topic } });
  const last = { ...topic, DependsOn: Object.keys(resources) };
  const failed = await stacks.create(name, { resources: { ...resources, Late: last } });
  expect(failed.status).toBe('ROLLBACK_FAILED');
  expect(failed.failures.join('\n')).toContain('Cannot delete protected DB Instance vendhost-dev-late');
  // A group that the database uses is kept by RDS itself.
  expect(failed.failures.join('\n')).toMatch(/vendhost-dev-late-data-mysql84 .*InvalidDBParameterGroupState/);
});
