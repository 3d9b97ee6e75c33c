import { setTimeout as wait } from 'node:timers/promises';
import {
  type CodeDeployClient,
  type DeploymentInfo,
  type Diagnostics,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
  type InstanceTarget,
  ListDeploymentTargetsCommand,
} from '@aws-sdk/client-codedeploy';

/** A deployment, its status, and how each of its instances fared. */
export interface Outcome {
  info: DeploymentInfo;
  status: string;
  targets: InstanceTarget[];
}

/** How a deployment stands now. */
export async function deploymentOutcome(codedeploy: CodeDeployClient, deploymentId: string): Promise<Outcome> {
  const info = await readDeployment(codedeploy, deploymentId);
  const { status = '' } = info;
  // Before a deployment begins, CodeDeploy refuses to list its targets.
  const targets = ['Created', 'Queued'].includes(status) ? [] : await targetsOf(codedeploy, deploymentId);
  return { info, status, targets };
}

/** Waits for the end of a deployment. */
export async function deploymentEnd(codedeploy: CodeDeployClient, deploymentId: string): Promise<Outcome> {
  for (;;) {
    const { status = '' } = await readDeployment(codedeploy, deploymentId);
    if (['Succeeded', 'Failed', 'Stopped'].includes(status)) return deploymentOutcome(codedeploy, deploymentId);
    await wait(50);
  }
}

async function readDeployment(codedeploy: CodeDeployClient, deploymentId: string): Promise<DeploymentInfo> {
  return (await codedeploy.send(new GetDeploymentCommand({ deploymentId }))).deploymentInfo ?? {};
}

async function targetsOf(codedeploy: CodeDeployClient, deploymentId: string): Promise<InstanceTarget[]> {
  const { targetIds = [] } = await codedeploy.send(new ListDeploymentTargetsCommand({ deploymentId }));
  const found = targetIds.map((targetId) =>
    codedeploy.send(new GetDeploymentTargetCommand({ deploymentId, targetId })),
  );
  return (await Promise.all(found)).map(({ deploymentTarget }) => deploymentTarget?.instanceTarget ?? {});
}

/** Event -> status of the first (or only) target. */
export function events(outcome: Outcome): Record<string, string> {
  const list = outcome.targets[0]?.lifecycleEvents ?? [];
  return Object.fromEntries(list.map(({ lifecycleEventName, status }) => [lifecycleEventName, status]));
}

/** What failed on the first (or only) target, and why. */
export function failures(outcome: Outcome): string[] {
  return (outcome.targets[0]?.lifecycleEvents ?? [])
    .filter(({ status }) => status === 'Failed')
    .map(({ lifecycleEventName, diagnostics }) => `${lifecycleEventName}: ${JSON.stringify(diagnostics)}`);
}

/** What an event of the first (or only) target reports. */
export function diagnostics(outcome: Outcome, event: string): Diagnostics | undefined {
  return outcome.targets[0]?.lifecycleEvents?.find(({ lifecycleEventName }) => lifecycleEventName === event)
    ?.diagnostics;
}
