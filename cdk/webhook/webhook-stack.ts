import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, CfnOutput } from 'aws-cdk-lib';
import { names } from '../../scripts/config/names.ts';
import { type AppProps, newApp, VendhostStack } from '../app.ts';
import { Arns } from '../arns.ts';
import { Endpoint } from './endpoint.ts';
import { Undelivered } from './undelivered.ts';
import { WebhookFunction } from './webhook-function.ts';
import { receiverRights, starterRights } from './webhook-rights.ts';

export interface WebhookProps {
  readonly account: string;
  readonly region: string;
  readonly partition: string;
  /** ARNs of the topics that are notified about pushes that became no build: one for each environment in this account and region. */
  readonly topics: readonly string[];
}

/** Placeholder in names; the functions fill it in. */
const anyPlace = { environment: '{environment}', tenant: '{tenant}' };

/**
 * The webhook of an account and region: an endpoint that GitLab reports pushes to, a function that validates them, and one that starts builds.
 * It has its own stack, because it belongs to no environment; all it knows of tenants are their secrets.
 */
class WebhookStack extends VendhostStack {
  constructor(app: App, { account, region, partition, topics }: WebhookProps) {
    super(
      app,
      names.webhookStack,
      { account, region, tags: { 'vendhost:layer': 'webhook' } },
      { description: "Pushes to tenants' projects that have no runner" },
    );
    const arns = new Arns({ partition, account, region });
    const code = readFileSync(join(import.meta.dirname, 'function.cjs'), 'utf8');
    const undelivered = new Undelivered(this, 'Undelivered', { arns, topics });
    const start = new WebhookFunction(this, 'Start', {
      ...{ arns, code, which: 'start' },
      description: 'Starts the build of a push',
      rights: starterRights(arns),
      variables: { PROJECT_NAME: names.buildProject(anyPlace, 'intake') },
      undelivered,
    });
    const receive = new WebhookFunction(this, 'Receive', {
      ...{ arns, code, which: 'receive' },
      description: 'Judges what GitLab reports',
      rights: receiverRights(arns),
      variables: { SECRET_NAME: names.webhookSecret(anyPlace), START_FUNCTION: names.webhookFunction('start') },
    });
    receive.node.addDependency(start);
    const endpoint = new Endpoint(this, 'Endpoint', { arns, handler: receive });
    new CfnOutput(this, 'Address', { value: endpoint.address });
  }
}

/** The app of the stack that an account has once in a region. */
export function webhookApp(app: AppProps, props: WebhookProps): App {
  const made = newApp(app);
  new WebhookStack(made, props);
  return made;
}
