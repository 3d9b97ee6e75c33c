import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { environments } from '../../scripts/config/environment.ts';
import { factsSchema } from '../../scripts/config/facts.ts';
import { templateLimitBytes } from '../../scripts/stack/assembly.ts';
import { appOf, templateOf } from './platform-props.ts';

interface Resource {
  readonly Type: string;
  readonly Properties?: { readonly Name?: string; readonly Type?: string; readonly Tags?: unknown };
}

function templates(name: (typeof environments)[number]) {
  return appOf(name)
    .node.children.filter((child) => Stack.isStack(child))
    .map((stack) => ({ name: stack.stackName, json: Template.fromStack(stack).toJSON() }));
}

// Synthesis takes its time: once for each environment, before the tests.
const made = { dev: templates('dev'), staging: templates('staging'), production: templates('production') };

function resources(name: (typeof environments)[number]): Resource[] {
  return made[name].flatMap(({ json }) => Object.values(json.Resources as Record<string, Resource>));
}

describe.each(environments)('the platform of %s', (name) => {
  test('has four stacks that fit into a request', () => {
    expect(made[name].map((each) => each.name).sort()).toEqual(
      ['access', 'balancer', 'network', 'storage'].map((layer) => `vendhost-${name}-${layer}`),
    );
    for (const { json } of made[name]) expect(stringify(json).length).toBeLessThan(templateLimitBytes / 2);
  });

  test('passes cdk-nag', () => {
    const { violations } = new AwsSolutionsChecks().validateScope(appOf(name));
    expect(violations).toEqual([]);
  });

  test('publishes every fact once, under the path of the environment', () => {
    const published = resources(name)
      .filter(({ Type }) => Type === 'AWS::SSM::Parameter')
      .map(({ Properties }) => Properties?.Name);
    const wanted = Object.keys(factsSchema.shape).map((fact) => `/vendhost/${name}/${fact}`);
    expect(published.sort()).toEqual(wanted.sort());
  });

  test('needs no asset, function or custom resource', () => {
    expect(resources(name).filter(({ Type }) => /Lambda|Custom/.test(Type))).toEqual([]);
  });

  test('exports nothing: a layer that exports locks itself', () => {
    for (const { json } of made[name]) expect(JSON.stringify(json.Outputs ?? {})).not.toContain('Export');
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
