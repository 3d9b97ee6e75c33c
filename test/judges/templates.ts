import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type App, Stack } from 'aws-cdk-lib';
import { gitlabApp } from '../../cdk/platform/oidc-provider-stack.ts';
import { platformApp } from '../../cdk/platform/platform-app.ts';
import { platformProps } from '../../cdk/platform/platform-props.ts';
import { tenantAccessApp } from '../../cdk/tenant/access/tenant-access-stack.ts';
import { virtualHostApp } from '../../cdk/tenant/virtual-host-app.ts';
import { webhookApp } from '../../cdk/webhook/webhook-stack.ts';
import { type Environment, environments } from '../../scripts/config/environment.ts';
import { environmentOf, readPlatformConfig } from '../../scripts/config/files.ts';
import type { EnvironmentConfig, PlatformConfig } from '../../scripts/config/platform.ts';
import { vendhostSchema } from '../../scripts/config/vendhost.ts';
import { facts, record } from '../builders/sample.ts';
import { virtualHost } from '../cdk/tenant/props.ts';

/** A template as CloudFormation gets it, and where it comes from. */
export interface JudgedTemplate {
  /** `production/vendhost-production-network.json`; the folder says which choices the stack was made with. */
  readonly file: string;
  /** Name of the stack's class. */
  readonly made: string;
  readonly template: Template;
}

/** The part of a template that is looked at here. */
export interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly DeletionPolicy?: string }>>;
}

const example = join(import.meta.dirname, '../../examples/platform');

/** Every template Vendhost makes for the example platform and a tenant, once with each answer to each choice. */
export async function allTemplates(): Promise<JudgedTemplate[]> {
  const platform = await readPlatformConfig(example);
  const templates = [...appsOf(platform)].flatMap(([folder, app]) => templatesOf(folder, app));
  const seen = new Set<string>();
  // Most choices leave most stacks as they are: each distinct template is judged once.
  return templates.filter(({ template }) => {
    const text = JSON.stringify(template);
    const first = !seen.has(text);
    seen.add(text);
    return first;
  });
}

/** Writes templates into a folder, each under its own name. */
export async function writeTemplates(directory: string, templates: readonly JudgedTemplate[]): Promise<void> {
  for (const { file, template } of templates) {
    await mkdir(join(directory, dirname(file)), { recursive: true });
    await writeFile(join(directory, file), JSON.stringify(template, null, 1));
  }
}

function* appsOf(platform: PlatformConfig): Generator<[folder: string, app: App]> {
  const { issuer, audience } = platform;
  const { account, region } = environmentOf(platform, 'dev');
  yield ['gitlab', gitlabApp({}, { account, region, issuer, audience })];
  const topics = [`arn:aws:sns:${region}:${account}:vendhost-dev-alerts`];
  yield ['webhook', webhookApp({}, { account, region, partition: 'aws', topics })];
  for (const environment of environments) {
    const config = environmentOf(platform, environment);
    yield* platformApps(platform, environment, config);
    yield* tenantApps(platform, environment, config);
  }
}

/** As the example has it, then with the other answer to every choice. */
function* platformApps(
  platform: PlatformConfig,
  name: Environment,
  config: EnvironmentConfig,
): Generator<[string, App]> {
  const withProject = { ...platform, project: 'acme/platform' };
  const withoutProject = { ...platform, project: undefined };
  const nat = config.nat === 'one' ? 'per-zone' : 'one';
  const subnets = { public: config.cidr.replace('.0.0/16', '.192.0/20') };
  const changed: EnvironmentConfig = { ...config, nat, flow_logs: 'all', subnets, load_balancers: 2 };
  const unlogged: EnvironmentConfig = { ...config, flow_logs: 'none' };
  yield [name, platformApp({}, platformProps(platform, name, config))];
  yield [`${name}-changed`, platformApp({}, platformProps(withProject, name, changed))];
  yield [`${name}-unlogged`, platformApp({}, platformProps(withoutProject, name, unlogged))];
}

function* tenantApps(platform: PlatformConfig, name: Environment, config: EnvironmentConfig): Generator<[string, App]> {
  const { account, region, branch, approval } = config;
  const place = { tenant: 'shop', environment: name };
  const where = { place, account, region };
  const project = { issuer: platform.issuer, audience: platform.audience, path: record.project };
  const { hosts, port, loadBalancer, limits } = record;
  const exact = { band: 'exact', hosts };
  const granted = {
    ...where,
    project,
    branch,
    hosts,
    port,
    loadBalancer,
    limits,
    approvals: platform.approvals,
    logDays: 30,
  };
  yield [`${name}-shop`, tenantAccessApp({}, { ...granted, facts: { ...facts, approval }, groups: [exact] })];
  yield [`${name}-shop`, virtualHostApp(virtualHost(where))];

  const groups = [exact, { band: 'wildcard-4', hosts: ['*.shop.example.com'] }];
  yield [
    `${name}-shop-changed`,
    tenantAccessApp({}, { ...granted, facts: { ...facts, approval: !approval }, groups, intake: 's3' }),
  ];
  const builds = { image: 'registry.example.com/vendhost:1', repository: `${platform.gitlab}/${record.project}.git` };
  yield [
    `${name}-shop-built`,
    tenantAccessApp({}, { ...granted, facts: { ...facts, approval }, groups: [exact], intake: 'webhook', builds }),
  ];
  const own = vendhostSchema.parse({ database: 'none', instances: { min: 2, max: 2 } });
  yield [`${name}-shop-changed`, virtualHostApp(virtualHost({ ...where, config: own }))];
  const rotated = vendhostSchema.parse({ database: { rotation: 'weekly' } });
  yield [`${name}-shop-rotated`, virtualHostApp(virtualHost({ ...where, config: rotated }))];
}

function templatesOf(folder: string, app: App): JudgedTemplate[] {
  const classes = new Map(
    app.node.children.filter((child) => Stack.isStack(child)).map((stack) => [stack.stackName, stack.constructor.name]),
  );
  return app.synth().stacks.map(({ stackName, template }) => ({
    file: `${folder}/${stackName}.json`,
    made: classes.get(stackName) ?? '',
    template: template as Template,
  }));
}
