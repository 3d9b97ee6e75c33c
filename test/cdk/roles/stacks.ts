import { type App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { newApp } from '../../../cdk/app.ts';
import { AccessStack } from '../../../cdk/platform/access/platform-access-stack.ts';
import { PoliciesStack } from '../../../cdk/platform/access/policies-stack.ts';
import { VendingStack } from '../../../cdk/platform/access/vending/vending-stack.ts';
import { type PlatformProps, platformProps } from '../../../cdk/platform/platform-props.ts';
import { type AccessProps, tenantAccessApp } from '../../../cdk/tenant/access/tenant-access-stack.ts';
import type { Environment } from '../../../scripts/config/environment.ts';
import { environmentOf } from '../../../scripts/config/files.ts';
import { platformSchema } from '../../../scripts/config/platform.ts';
import { sampleAccount as account, environmentConfig, facts, record } from '../../builders/sample.ts';

/** Other tests check these stacks against CloudFormation's rules. */
const unchecked = { validation: false };

/** Audience of the jobs' ID tokens. */
export const audience = 'https://vendhost.example.com';

interface Choices {
  readonly region?: string;
  readonly vending?: 'people' | 'jobs';
  readonly costs?: boolean;
  /** Path of the platform's project. */
  readonly path?: string;
}

function platform(environment: Environment, choices: Choices): PlatformProps {
  const { region = 'eu-west-1', vending = 'jobs', costs = false, path = 'acme/platform' } = choices;
  const config = platformSchema.parse({
    name: 'lanterns',
    gitlab: 'https://gitlab.example.com',
    audience,
    project: path,
    environments: {
      [environment]: {
        ...environmentConfig('dev', account),
        vending,
      },
    },
  });
  // platform.yml takes commercial regions only; ARNs follow the partition all the same.
  const certificate = `arn:${region.startsWith('cn-') ? 'aws-cn' : 'aws'}:acm:${region}:${account}:certificate/0c5f3a52`;
  return platformProps(config, environment, {
    ...environmentOf(config, environment),
    ...{ region, certificate, costs },
  });
}

/** The app of an environment's access stack, its policies, and where jobs vend of the stack with the role for that. */
export function accessApp(
  environment: Environment = 'dev',
  options: Choices & { readonly project?: undefined } = {},
): App {
  const { project, ...props } = platform(environment, options);
  const app = newApp(unchecked);
  new PoliciesStack(app, props);
  new AccessStack(app, project === undefined || 'project' in options ? props : { ...props, project });
  if (props.config.vending === 'jobs') new VendingStack(app, props);
  return app;
}

/** The app of a tenant's access and entry stacks. */
export function tenantApp(changes: Partial<AccessProps> = {}): App {
  return tenantAccessApp(unchecked, {
    place: { environment: 'dev', tenant: 'shop' },
    account,
    region: 'eu-west-1',
    facts,
    project: { issuer: 'https://gitlab.example.com', audience, path: 'acme/shop' },
    branch: 'dev',
    hosts: record.hosts,
    groups: [{ band: 'exact', hosts: record.hosts }],
    port: record.port,
    loadBalancer: record.loadBalancer,
    limits: record.limits,
    logDays: 30,
    ...changes,
  });
}

/** The access stack of an app. */
export function onlyStack(app: App): Stack {
  return stackOf(app, 'access');
}

/** The templates of all stacks of an app. */
export function templates(app: App): Template[] {
  return stacksIn(app).map((stack) => Template.fromStack(stack));
}

/** The stacks of an app. */
export function stacksIn(app: App): Stack[] {
  return app.node.children.filter((child) => Stack.isStack(child));
}

/** The template of an app's access stack. */
export function onlyTemplate(app: App): Template {
  return Template.fromStack(onlyStack(app));
}

/** A tenant's entry stack. */
export function entryStack(app: App): Stack {
  return stackOf(app, 'entry');
}

/** The template of a tenant's entry stack. */
export function entryTemplate(app: App): Template {
  return Template.fromStack(entryStack(app));
}

function stackOf(app: App, layer: string): Stack {
  const stack = stacksIn(app).find(({ stackName }) => stackName.endsWith(`-${layer}`));
  if (stack === undefined) throw new Error(`the app has no stack -${layer}`);
  return stack;
}
