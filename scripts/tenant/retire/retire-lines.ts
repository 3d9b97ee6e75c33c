import { formerWebhookLine } from '../../webhook/former-webhook.ts';
import type { RetirePlan, RetireStep } from './retire-plan.ts';

/** A step as people read it. */
export function stepLine(step: RetireStep): string {
  switch (step.kind) {
    case 'variables':
      return `GitLab variables of ${step.path}: ${step.variables.map(({ key, scope }) => `${key} (${scope})`).join(', ')}`;
    case 'webhook':
      return formerWebhookLine(step.webhook);
    case 'schedules':
      return `pipeline schedule of drift checks of ${step.path}: ${step.ids.join(', ')}`;
    case 'pipelines':
      return `cancel what runs in ${step.path}: ${step.ids.map((id) => `pipeline ${id}`).join(', ')}`;
    case 'builds':
      return `stop its builds: ${step.ids.join(', ')}`;
    case 'executions':
      return `stop its releases: ${step.ids.map((id) => `execution ${id}`).join(', ')}`;
    case 'rules':
      return `listener rules of ${step.rules.flatMap(({ hosts }) => hosts).join(', ')}: they answer 503 from then on`;
    case 'stack':
      return `stack ${step.name}`;
    case 'snapshot':
      return `take the final snapshot ${step.snapshot} of the database ${step.database}`;
    case 'database':
      return `database ${step.database}; its final snapshot ${step.snapshot} stays`;
    case 'data':
      return `${step.what} ${step.name}`;
    case 'groups':
      return `security group ${step.ids.join(', ')} of the database`;
    case 'files':
      return `bucket ${step.bucket} with every object and version in it: there is no copy`;
    case 'priorities':
      return `release the priorities ${step.numbers.join(', ')} of the listener ${step.listener}`;
    case 'hosts':
      return `release the hosts ${step.hosts.join(', ')}`;
    case 'images':
      return step.lines.join(', ');
    case 'objects':
      return `${step.count} object${step.count === 1 ? '' : 's'} below ${step.prefix}`;
    case 'record':
      return `record ${step.name}`;
  }
}

/** What would be done in an environment, and what stays. */
export function retireLines(environment: string, { steps, kept }: RetirePlan): string[] {
  const nothing = steps.length === 0 ? [`${environment}: nothing is left to remove`] : [environment];
  return [...nothing, ...steps.map((step) => `  - ${stepLine(step)}`), ...kept.map((line) => `  = stays: ${line}`)];
}
