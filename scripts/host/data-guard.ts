import { VendhostError } from '../errors.ts';
import { losesData } from '../stack/data-types.ts';
import type { StackPlan } from '../stack/stack-plan.ts';

/** Throws `DATA_WOULD_BE_LOST` when a plan would replace or delete something that holds data. */
export function checkDataPlan(plan: StackPlan | undefined): void {
  const lost = (plan?.changes ?? []).filter(
    ({ type, action, replacement }) => losesData.has(type) && (action === 'delete' || replacement === 'yes'),
  );
  if (plan === undefined || lost.length === 0) return;
  throw new VendhostError('DATA_WOULD_BE_LOST', `${plan.stack}: the change would replace or delete what holds data`, {
    details: lost.map(({ type, logicalId, action }) => `${logicalId} (${type}) would be ${words[action]}`),
    hint: 'revert the database change in vendhost.yml; migrate data by hand',
  });
}

const words = { create: 'created', update: 'replaced', delete: 'deleted' } as const;

/** A stack policy that keeps what holds data, whoever updates the stack. */
export const keepData = {
  Statement: [
    { Effect: 'Allow', Principal: '*', Action: 'Update:*', Resource: '*' },
    {
      Effect: 'Deny',
      Principal: '*',
      Action: ['Update:Replace', 'Update:Delete'],
      Resource: '*',
      Condition: { StringEquals: { ResourceType: [...losesData] } },
    },
  ],
};
