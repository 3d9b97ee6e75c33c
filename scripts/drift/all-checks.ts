import type { DriftCheck } from './checks.ts';
import { stackCheck } from './stacks/stack-check.ts';

/** What `vendhost drift check` looks at, in the order of the report. */
export const driftChecks: readonly DriftCheck[] = [stackCheck];
