import type { Subject } from '../world.ts';
import { driftCheck } from './drift.ts';
import { releaseApprove, releasePromote } from './gated-release.ts';
import { hostProvision, hostProvisionChanged, hostProvisionImage, hostReplace } from './host.ts';
import { imageBake, imageClean } from './image.ts';
import { mrNote, mrNoteChanged } from './merge-request.ts';
import { platformDeploy, platformDeployPlan, platformDestroy, platformPlan } from './platform.ts';
import { imagePrune, revisionPrune } from './prune.ts';
import { releaseRollback, releaseStart, revisionPush } from './release.ts';
import { hostRestart, hostRun } from './repair.ts';
import { hostDestroy, tenantRetire } from './retire.ts';
import { tenantVend, tenantVendChanged } from './vend.ts';
import { webhookRetire, webhookRotate, webhookVend, webhookVendJobs, webhookVendSplit } from './webhook.ts';

/** Every command that writes, those that are quickest to try first. */
export const subjects: readonly Subject[] = [
  ...[mrNote, mrNoteChanged, revisionPush, imageClean, driftCheck],
  ...[imageBake, hostReplace, hostProvision, hostProvisionChanged, hostProvisionImage, releaseStart],
  ...[imagePrune, releaseRollback],
  ...[revisionPrune, releaseApprove, releasePromote, hostRun, hostRestart],
  ...[tenantVend, tenantVendChanged, hostDestroy, tenantRetire],
  ...[webhookVend, webhookVendSplit, webhookVendJobs, webhookRotate, webhookRetire],
  ...[platformDestroy, platformPlan, platformDeployPlan, platformDeploy],
];
