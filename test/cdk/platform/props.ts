import type { App } from 'aws-cdk-lib';
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { platformApp } from '../../../cdk/platform/platform-app.ts';
import { type PlatformProps, platformProps } from '../../../cdk/platform/platform-props.ts';
import type { Environment } from '../../../scripts/config/environment.ts';
import { environmentOf } from '../../../scripts/config/files.ts';
import { names, type PlatformLayer } from '../../../scripts/config/names.ts';
import { type EnvironmentConfig, type PlatformConfig, platformSchema } from '../../../scripts/config/platform.ts';
import { environmentConfig } from '../../builders/sample.ts';

/** A platform with three environments, one account each. */
export const platform: PlatformConfig = platformSchema.parse({
  name: 'lanterns',
  gitlab: 'https://gitlab.example.com/',
  environments: {
    dev: environmentConfig('dev', '111111111111'),
    staging: environmentConfig('staging', '222222222222'),
    production: { ...environmentConfig('production', '333333333333'), approval: true },
  },
});

export function props(name: Environment = 'dev', changes: Partial<PlatformProps> = {}): PlatformProps {
  return { ...platformProps(platform, name, environmentOf(platform, name)), ...changes };
}

/** What `platform.yml` says otherwise of an environment. */
export function configured(name: Environment, changes: Partial<EnvironmentConfig>): Partial<PlatformProps> {
  return { config: { ...environmentOf(platform, name), ...changes } };
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
  return templateIn(appWith(name, changes), names.platformStack(name, layer));
}

/** The template of a stack by its name, in an app. */
export function templateIn(app: App, stack: string): Template {
  return Template.fromStack(find(app, stack));
}

export function appWith(name: Environment, changes?: Partial<PlatformProps>): App {
  return changes === undefined ? appOf(name) : platformApp({}, props(name, changes));
}

export function stackOf(layer: PlatformLayer, name: Environment): Stack {
  return find(appOf(name), names.platformStack(name, layer));
}

function find(app: App, name: string): Stack {
  const found = app.node.findChild(name);
  if (!Stack.isStack(found)) throw new Error(`${name} is no stack`);
  return found;
}

/**
 * Templates as people write them: `Fn::Join` joined, the partition `aws`, other references as the logical id without its
 * hash and `.` before the attribute. So statements can be compared as whole values.
 */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [key, argument] = entries[0] ?? [];
  if (entries.length === 1 && key === 'Ref') return argument === 'AWS::Partition' ? 'aws' : name(argument);
  if (entries.length === 1 && key === 'Fn::GetAtt') return `${name(argument[0])}.${argument[1]}`;
  if (entries.length === 1 && key === 'Fn::Join') return (plain(argument[1]) as string[]).join(argument[0]);
  return Object.fromEntries(entries.map(([each, inner]) => [each, plain(inner)]));
}

function name(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}

/** The properties of all resources of a type, as plain values. */
export function allOf(template: Template, type: string): Record<string, unknown>[] {
  const found = Object.values(template.findResources(type));
  return found.map(({ Properties }) => plain(Properties) as Record<string, unknown>);
}
