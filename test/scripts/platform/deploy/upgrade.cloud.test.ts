import { IAMClient, ListAttachedRolePoliciesCommand, ListPoliciesCommand } from '@aws-sdk/client-iam';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { platformApp } from '../../../../cdk/platform/platform-app.ts';
import { platformProps } from '../../../../cdk/platform/platform-props.ts';
import { environmentOf, readPlatformConfig } from '../../../../scripts/config/files.ts';
import { type PlatformRepository, platformRepository } from '../../../builders/platform-repository.ts';
import { Stacks } from '../../../builders/stacks.ts';
import { clientConfig } from '../../../local-cloud/clients.ts';
import { outcomes, type PlatformOwner, platformOwner } from '../operator.ts';

/** An environment whose roles' policies are in the access stack, as they were before those had a stack of their own. */

vi.setConfig({ testTimeout: 300_000 });
const account = '231000000002';
const config = clientConfig(inject('localCloud').endpoint, account);
const stacks = new Stacks(config);
const iam = new IAMClient(config);
let repository: PlatformRepository;
let owner: PlatformOwner;
beforeAll(async () => {
  repository = await platformRepository(account);
  await repository.certify(inject('localCloud').endpoint);
  await repository.writePlatform({}, { project: 'platform/lanterns' });
  owner = platformOwner(repository.directory, account);
});

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}

/** The access stack with policies as that version made and named them. */
async function formerAccess(): Promise<Record<string, Resource>> {
  const platform = await readPlatformConfig(repository.directory);
  const app = platformApp({ validation: false }, platformProps(platform, 'dev', environmentOf(platform, 'dev')));
  const resourcesOf = (name: string): Record<string, Resource> =>
    Template.fromStack(app.node.findChild(name) as Stack).toJSON().Resources;
  const access = structuredClone(resourcesOf('vendhost-dev-access'));
  const policies = Object.values(resourcesOf('vendhost-dev-policies'));
  const former = { PlanDrift: ['plan-drift', 'drift'], ExecutionTopics: ['execution-storage', 'execution-topics'] };
  for (const [id, [end, name]] of Object.entries(former)) {
    const now = policies.find(({ Properties }) => Properties.ManagedPolicyName === `vendhost-platform-dev-${end}`);
    if (now === undefined) throw new Error(`there is no policy ${end}`);
    access[id] = { ...now, Properties: { ...now.Properties, ManagedPolicyName: `vendhost-platform-dev-${name}` } };
  }
  const holders = { PlanDrift: access.PlanRole, ExecutionTopics: access.ExecutionRole };
  for (const [Ref, role] of Object.entries(holders))
    Object.assign(role?.Properties ?? {}, { ManagedPolicyArns: [{ Ref }] });
  return access;
}

const platformPolicies = async () => {
  const { Policies = [] } = await iam.send(new ListPoliciesCommand({ Scope: 'Local' }));
  return Policies.flatMap(({ PolicyName = '' }) =>
    PolicyName.startsWith('vendhost-platform-') ? PolicyName : [],
  ).sort();
};
const policiesOf = async (role: string) => {
  const RoleName = `vendhost-platform-dev-${role}`;
  const { AttachedPolicies = [] } = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
  return AttachedPolicies.map(({ PolicyName }) => PolicyName).sort();
};
const now = ['execution-network', 'execution-storage', 'plan-drift'].map((end) => `vendhost-platform-dev-${end}`);

// One story: each test stands on the one before.
describe('an environment of the version before', () => {
  test('gets the policies first, then the roles that have them, and keeps none of the former', async () => {
    const made = await stacks.create('vendhost-dev-access', { resources: await formerAccess() });
    expect(made).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
    expect(await platformPolicies()).toEqual(['vendhost-platform-dev-drift', 'vendhost-platform-dev-execution-topics']);

    const ran = await owner.deploy({ layer: 'access' });
    expect(outcomes(ran)).toEqual({ 'vendhost-dev-policies': 'created', 'vendhost-dev-access': 'updated' });
    expect(await platformPolicies()).toEqual(now);
    expect(await policiesOf('execution')).toEqual(now.slice(0, 2));
    expect(await policiesOf('plan')).toEqual(now.slice(2));
    expect((await owner.deploy({ layer: 'access' })).result.changed).toBe(false);
  });

  test('is destroyed from the roles to their policies', async () => {
    const { result } = await owner.destroy({ dryRun: true });
    expect(result.environments[0]?.steps).toEqual([['vendhost-dev-access'], ['vendhost-dev-policies']]);
    await owner.destroy();
    expect(await platformPolicies()).toEqual([]);
  });
});
