import type { Deployment, LifecycleEvent } from '../../../scripts/deployment/deployment.ts';
import type { ReleasePipeline } from '../../../scripts/release/pipeline.ts';
import type { Action, Snapshot } from '../../../scripts/release/snapshot.ts';

export const pipeline: ReleasePipeline = {
  name: 'vendhost-dev-shop',
  region: 'eu-west-1',
  source: 'Revision',
  application: 'vendhost-dev-shop',
  group: 'vendhost-dev-shop',
};

const providers: Record<string, string> = { Source: 'S3', Approval: 'Manual', Deploy: 'CodeDeploy' };

export function action(category: string, status: string, parts: Partial<Action> = {}): Action {
  const provider = providers[category] ?? '';
  return { stage: category, name: category, category, provider, status, start: 1000, update: 3000, ...parts };
}

export function event(name: string, status: string, parts: Partial<LifecycleEvent> = {}): LifecycleEvent {
  return { name, status, start: 1000, end: 2500, ...parts };
}

export function deployment(
  status: string,
  targets: Record<string, LifecycleEvent[]>,
  parts: Partial<Deployment> = {},
): Deployment {
  return {
    id: 'd-1',
    status,
    targets: Object.entries(targets).map(([instance, events]) => ({ instance, status: statusOf(events), events })),
    ...parts,
  };
}

function statusOf(events: readonly LifecycleEvent[]): string {
  if (events.some(({ status }) => status === 'Failed')) return 'Failed';
  return events.every(({ status }) => status === 'Succeeded' || status === 'Skipped') ? 'Succeeded' : 'InProgress';
}

export function snapshot(status: string, parts: Partial<Snapshot> = {}): Snapshot {
  return { execution: { id: 'e-1', status }, actions: [], ...parts };
}
