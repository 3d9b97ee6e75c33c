import type { App } from 'aws-cdk-lib';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type PlatformProps, platformApp, platformProps } from '../../cdk/platform/app.ts';
import type { Environment } from '../../scripts/config/environment.ts';
import { environmentOf } from '../../scripts/config/files.ts';
import { names, type PlatformLayer } from '../../scripts/config/names.ts';
import { type EnvironmentConfig, type PlatformConfig, platformSchema } from '../../scripts/config/platform.ts';

const accounts = { dev: '111111111111', staging: '222222222222', production: '333333333333' };

function environment(name: Environment, second: number, changes: Partial<EnvironmentConfig> = {}) {
  return {
    account: accounts[name],
    region: 'eu-west-1',
    cidr: `10.${second}.0.0/16`,
    domain: `${name}.example.com`,
    certificate: `arn:aws:acm:eu-west-1:${accounts[name]}:certificate/0c5f3a52`,
    ...changes,
  };
}

/** A platform with three environments, one account each. */
export const platform: PlatformConfig = platformSchema.parse({
  name: 'lanterns',
  gitlab: 'https://gitlab.example.com/',
  environments: {
    dev: environment('dev', 10),
    staging: environment('staging', 20),
    production: environment('production', 30, { nat: 'per-zone', approval: true }),
  },
});

export function props(name: Environment = 'dev', changes: Partial<PlatformProps> = {}): PlatformProps {
  return { ...platformProps(platform, name, environmentOf(platform, name)), ...changes };
}

const apps = new Map<string, App>();

/** The app of an environment; made once, as synthesis takes its time. */
export function appOf(name: Environment = 'dev'): App {
  const made = apps.get(name) ?? platformApp({}, props(name));
  apps.set(name, made);
  return made;
}

/** The template of a stack; with changes, of an app of its own. */
export function templateOf(
  layer: PlatformLayer,
  name: Environment = 'dev',
  changes?: Partial<PlatformProps>,
): Template {
  const app = changes === undefined ? appOf(name) : platformApp({}, props(name, changes));
  return Template.fromStack(find(app, names.platformStack(name, layer)));
}

function find(app: App, name: string): Stack {
  const found = app.node.findChild(name);
  if (!Stack.isStack(found)) throw new Error(`${name} is no stack`);
  return found;
}
