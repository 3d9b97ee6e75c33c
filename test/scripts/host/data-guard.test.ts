import { expect, test } from 'vitest';
import { checkDataPlan } from '../../../scripts/host/data-guard.ts';
import type { Change, StackPlan } from '../../../scripts/stack/stack-plan.ts';

const plan = (...changes: Change[]): StackPlan => ({ stack: 'vendhost-dev-shop-data', action: 'update', changes });
const database = { logicalId: 'Database', type: 'AWS::RDS::DBInstance' };

test.each<[string, StackPlan | undefined]>([
  ['no data stack', undefined],
  ['a new one', { ...plan({ ...database, action: 'create' }), action: 'create' }],
  ['a larger database', plan({ ...database, action: 'update', replacement: 'maybe' })],
  ['another parameter group', plan({ logicalId: 'P', type: 'AWS::RDS::DBParameterGroup', action: 'delete' })],
])('%s passes', (_what, given) => {
  expect(() => checkDataPlan(given)).not.toThrow();
});

test('what would lose data does not', () => {
  const secret = { logicalId: 'Secret', type: 'AWS::SecretsManager::Secret' };
  const lossy = plan({ ...database, action: 'update', replacement: 'yes' }, { ...secret, action: 'delete' });
  expect(() => checkDataPlan(lossy)).toThrow(
    expect.objectContaining({
      code: 'DATA_WOULD_BE_LOST',
      details: [
        'Database (AWS::RDS::DBInstance) would be replaced',
        'Secret (AWS::SecretsManager::Secret) would be deleted',
      ],
      hint: 'revert the database change in vendhost.yml; migrate data by hand',
    }),
  );
});
