import type { DriftCheck } from '../checks.ts';

/** Every stack of the environment, or of the tenant, compared with its resources by CloudFormation's drift detection. */
export const stackCheck: DriftCheck = {
  id: 'stacks',
  title: 'Stacks',
  isSharded: true,
  run: async () => [],
};
