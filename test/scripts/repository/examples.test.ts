import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkTenantRepository } from '../../../scripts/repository/tenant-repository.ts';

const examples = join(import.meta.dirname, '../../../examples');

test.each(['page', 'shop'])('the example %s has no fault and no warning', async (name) => {
  const { files, findings } = await checkTenantRepository(join(examples, name));
  expect(findings).toEqual([]);
  expect(files).toBeGreaterThan(3);
});
