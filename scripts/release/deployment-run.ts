import { setTimeout as wait } from 'node:timers/promises';
import type { Aws } from '../aws/session.ts';
import { readDeployment } from '../deployment/deployment.ts';
import type { Output } from '../output.ts';
import type { Run } from './follow.ts';
import { deploymentEnded } from './lifecycle-events.ts';
import type { Snapshot } from './snapshot.ts';
import { stopDeployment } from './stop.ts';

/** A deployment without the pipeline, to follow. */
export function deploymentRun(aws: Aws, id: string, out: Output): Run {
  return {
    id,
    read: () => readAlone(aws, id),
    stop: async (why = 'cancelled') => {
      out.step(`${why}: stopping the deployment ${id}`);
      await stopDeployment(aws, id);
      const { status } = await ended(aws, id);
      out.step(`stopped: the deployment ${id} is ${status.toLowerCase()}`);
    },
  };
}

/** A deployment without a pipeline, in the form of an execution with one action. */
async function readAlone(aws: Aws, id: string): Promise<Snapshot> {
  const deployment = await readDeployment(aws, id);
  const rollback =
    deployment.rollback?.id === undefined ? undefined : await readDeployment(aws, deployment.rollback.id);
  const status = deploymentEnded(deployment.status) ? deployment.status : 'InProgress';
  const action = { stage: 'Deploy', name: 'CodeDeploy', category: 'Deploy', provider: 'CodeDeploy', status };
  return {
    execution: { id, status },
    actions: [{ ...action, externalId: id, start: deployment.start ?? 0, update: deployment.end ?? 0 }],
    deployment,
    ...(rollback === undefined ? {} : { rollback }),
  };
}

const stopLimitMs = 5 * 60_000;

/** The state of a stopped deployment, when it has ended or after five minutes. */
async function ended(aws: Aws, id: string): Promise<{ status: string }> {
  const start = Date.now();
  for (;;) {
    const deployment = await readDeployment(aws, id);
    if (deploymentEnded(deployment.status) || Date.now() - start > stopLimitMs) return deployment;
    await wait(aws.pace.shortest);
  }
}
