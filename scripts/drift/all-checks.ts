import { alarmCheck } from './checks/alarm-check.ts';
import { certificateCheck } from './checks/certificate-check.ts';
import { gitlabCheck } from './checks/gitlab/gitlab-check.ts';
import { hostCheck } from './checks/hosts/host-check.ts';
import { imageCheck } from './checks/images/image-check.ts';
import { ownershipCheck } from './checks/ownership-check.ts';
import { quotaCheck } from './checks/quota-check.ts';
import type { DriftCheck } from './checks.ts';
import { stackCheck } from './stacks/stack-check.ts';

/** What `vendhost drift check` looks at, in the order of the report. */
export const driftChecks: readonly DriftCheck[] = [
  stackCheck,
  ownershipCheck,
  hostCheck,
  imageCheck,
  alarmCheck,
  gitlabCheck,
  certificateCheck,
  quotaCheck,
];
