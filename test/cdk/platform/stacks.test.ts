import { type App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import type { PlatformProps } from '../../../cdk/platform/platform-props.ts';
import { environments } from '../../../scripts/config/environment.ts';
import { balancerFacts, factsSchema, versionFact } from '../../../scripts/config/facts.ts';
import { names } from '../../../scripts/config/names.ts';
import { templateBody, templateLimitBytes } from '../../../scripts/stack/assembly.ts';
import { appOf, appWith, configured, templateOf } from './props.ts';

type Name = (typeof environments)[number];

interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly Properties?: { readonly Name?: string; readonly Type?: string; readonly Tags?: unknown };
}

function templates(app: App) {
  return app.node.children
    .filter((child) => Stack.isStack(child))
    .map((stack) => ({ name: stack.stackName, json: Template.fromStack(stack).toJSON() }));
}

function resources(app: App): Resource[] {
  return templates(app).flatMap(({ json }) => Object.values(json.Resources as Record<string, Resource>));
}

/** Two configurations that between them take every choice `platform.yml` has. */
const choices: Record<string, (name: Name) => Partial<PlatformProps>> = {
  'the platform has a project, two load balancers, one NAT gateway, logs of all traffic': (name) => ({
    ...configured(name, { load_balancers: 2, nat: 'one', flow_logs: 'all', approval: true, vending: 'jobs' }),
    project: { path: 'lanterns/platform', branch: 'main' },
  }),
  'three load balancers, a NAT gateway in each zone, no flow logs, supernets of its own': (name) => {
    const { cidr } = configured(name, {}).config ?? {};
    const block = (third: number) => cidr?.replace(/\.0\.0\/16$/, `.${third}.0/20`);
    const subnets = { public: block(0), egress: block(16), isolated: block(32) };
    return configured(name, {
      load_balancers: 3,
      nat: 'per-zone',
      flow_logs: 'none',
      retention_days: { trail: 90, access: 30, versions: 7, logs: 30 },
      subnets,
    });
  },
};

// Synthesis takes its time: once for each, before the tests.
const apps = environments.flatMap((name) => [
  { name, when: 'as it comes', balancers: 1, app: appOf(name) },
  ...Object.entries(choices).map(([when, changes]) => {
    const changed = changes(name);
    return { name, when, balancers: changed.config?.load_balancers ?? 1, app: appWith(name, changed) };
  }),
]);

describe.each(apps)('the platform of $name: $when', ({ name, balancers, app }) => {
  const numbers = Array.from({ length: balancers }, (_, index) => index + 1);
  const published = resources(app)
    .filter(({ Type }) => Type === 'AWS::SSM::Parameter')
    .map(({ Properties }) => Properties?.Name ?? '');

  test('has its stacks, and they fit into a request', () => {
    const sizes = Object.fromEntries(templates(app).map((each) => [each.name, templateBody(each.json).length]));
    // Nine subnets with three facts each: no setting makes more of them.
    const large = [names.platformStack(name, 'network')];
    // Boundaries, and three roles; a fourth one where jobs vend.
    const full = [names.platformStack(name, 'access')];
    const vending = Object.keys(sizes).filter((stack) => stack === names.vendingStack(name));
    const small = [
      names.policiesStack(name),
      names.platformStack(name, 'storage'),
      ...vending,
      ...numbers.map((number) => names.balancerStack(name, number)),
    ];
    expect(Object.keys(sizes).sort()).toEqual([...full, ...large, ...small].sort());
    for (const stack of full) expect(sizes[stack], stack).toBeLessThan(templateLimitBytes * 0.7);
    for (const stack of large) expect(sizes[stack], stack).toBeLessThan(templateLimitBytes * 0.6);
    for (const stack of small) expect(sizes[stack], stack).toBeLessThan(templateLimitBytes * 0.5);
  });

  test('passes cdk-nag', () => {
    const { violations } = new AwsSolutionsChecks().validateScope(app);
    expect(violations).toEqual([]);
  });

  test('publishes every fact once, those of further load balancers, and nothing else tenants would read', () => {
    const path = names.factsPath(name);
    const ofFurther = numbers
      .slice(1)
      .flatMap((number) => balancerFacts.map((fact) => names.balancerFact(fact, number)));
    const wanted = [...Object.keys(factsSchema.shape), versionFact, ...ofFurther].map((fact) => `${path}/${fact}`);
    // What lies deeper is not in the call that reads all facts.
    const flat = published.filter((each) => !each.slice(path.length + 1).includes('/'));
    expect(flat.sort()).toEqual(wanted.sort());
  });

  test('publishes three facts of each subnet below subnets/', () => {
    const path = `${names.factsPath(name)}/`;
    const deep = published.map((each) => each.slice(path.length)).filter((each) => each.includes('/'));
    const wanted = ['public', 'egress', 'isolated'].flatMap((kind) =>
      ['a', 'b', 'c'].flatMap((zone) => ['id', 'cidr', 'zone'].map((fact) => `subnets/${kind}-${zone}/${fact}`)),
    );
    expect(deep.sort()).toEqual(wanted.sort());
  });

  test('needs no asset, function or custom resource', () => {
    expect(resources(app).filter(({ Type }) => /Lambda|Custom/.test(Type))).toEqual([]);
  });

  test('leaves nothing behind when a stack cannot be created: the next attempt would meet it', () => {
    expect(resources(app).filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain')).toEqual([]);
  });

  test('exports nothing: a layer that exports locks itself', () => {
    for (const { json } of templates(app)) expect(JSON.stringify(json.Outputs ?? {})).not.toContain('Export');
  });
});

test.each(['network', 'storage', 'balancer', 'access'] as const)('the %s stack as a whole', (layer) => {
  expect(templateOf(layer).toJSON()).toMatchSnapshot();
});

test('every resource that can have tags says where it belongs', () => {
  for (const layer of ['network', 'storage', 'balancer', 'access'] as const) {
    const all = Object.values(templateOf(layer).toJSON().Resources as Record<string, Resource>);
    for (const { Type, Properties } of all.filter((each) => Array.isArray(each.Properties?.Tags))) {
      expect(Properties?.Tags, Type).toEqual(
        expect.arrayContaining([
          { Key: 'vendhost:environment', Value: 'dev' },
          { Key: 'vendhost:layer', Value: layer },
        ]),
      );
    }
  }
});
