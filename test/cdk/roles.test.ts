import type { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { beforeAll, describe, expect, test } from 'vitest';
import { facts } from '../builders/sample.ts';
import { serviceBoundary, tenantBoundary } from './roles/platform-boundary.ts';
import { platformBuilder } from './roles/platform-builder.ts';
import { platformDeploy } from './roles/platform-deploy.ts';
import { platformExecution } from './roles/platform-execution.ts';
import { platformPlan } from './roles/platform-plan.ts';
import { accessApp, onlyTemplate, tenantApp } from './roles/stacks.ts';
import { inlinePolicyLimit, managedPolicyTable, policySize, roleNames, roleTable } from './roles/table.ts';
import { tenantCodedeploy } from './roles/tenant-codedeploy.ts';
import { tenantDeploy } from './roles/tenant-deploy.ts';
import { tenantExecution } from './roles/tenant-execution.ts';
import { tenantInstance } from './roles/tenant-instance.ts';
import { tenantPipeline } from './roles/tenant-pipeline.ts';
import { tenantPlan } from './roles/tenant-plan.ts';

/** Each file of `roles/` lists all that one role may do: what widens a role must be written there, too. */
const tables = {
  access: {
    'vendhost-dev-builder': platformBuilder,
    'vendhost-platform-dev-plan': platformPlan,
    'vendhost-platform-dev-deploy': platformDeploy,
    'vendhost-platform-dev-execution': platformExecution,
  },
  tenant: {
    'vendhost-dev-shop-instance': tenantInstance,
    'vendhost-dev-shop-deploy': tenantDeploy,
    'vendhost-dev-shop-plan': tenantPlan,
    'vendhost-dev-shop-execution': tenantExecution,
    'vendhost-dev-shop-pipeline': tenantPipeline,
    'vendhost-dev-shop-codedeploy': tenantCodedeploy,
  },
};

const apps = { access: accessApp(), tenant: tenantApp() };
const made = {} as Record<keyof typeof apps, Template>;
beforeAll(() => {
  made.access = onlyTemplate(apps.access);
  made.tenant = onlyTemplate(apps.tenant);
}, 60_000);

describe.each(['access', 'tenant'] as const)('the %s stack', (kind) => {
  test('makes these roles and no others', () => {
    expect(roleNames(made[kind])).toEqual(Object.keys(tables[kind]));
  });

  test.each(Object.entries(tables[kind]))('%s has these rights and no others', (name, table) => {
    expect(roleTable(made[kind], name)).toEqual(table);
  });

  test('passes cdk-nag', () => {
    expect(new AwsSolutionsChecks().validateScope(apps[kind]).violations).toEqual([]);
  }, 60_000);
});

describe('the ceilings', () => {
  test.each([
    ['vendhost-dev-boundary', tenantBoundary],
    ['vendhost-dev-service-boundary', serviceBoundary],
  ])('%s is this one', (name, table) => {
    expect(managedPolicyTable(made.access, name)).toEqual(table);
  });

  test('fit into a managed policy', () => {
    // 6,144 characters, white space not counted (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
    for (const { Properties } of Object.values(made.access.findResources('AWS::IAM::ManagedPolicy'))) {
      expect(JSON.stringify(Properties.PolicyDocument).length).toBeLessThan(6_144);
    }
  });
});

test('a platform without a project has no roles for pipelines', () => {
  expect(roleNames(onlyTemplate(accessApp('dev', { project: undefined })))).toEqual(['vendhost-dev-builder']);
}, 60_000);

test('every policy fits, with names as long as they can be', () => {
  const region = 'ap-southeast-2';
  const far = JSON.parse(JSON.stringify(facts).replaceAll('eu-west-1', region).replaceAll('dev', 'production'));
  const place = { environment: 'production', tenant: 'a2345678901234567890' };
  const apps = [accessApp('production', { region }), tenantApp({ place, region, facts: far })];
  for (const template of apps.map(onlyTemplate)) {
    for (const name of roleNames(template)) {
      expect(policySize(template, name), name).toBeLessThan(inlinePolicyLimit);
    }
  }
}, 60_000);

describe("the platform's pipelines cannot raise their own rights", () => {
  const writing = (role: string) =>
    Object.values(roleTable(made.access, `vendhost-platform-dev-${role}`).rights).filter(({ allow = [] }) =>
      allow.some((action) => !/:(Describe|Get|List)/.test(action)),
    );

  test('plan writes nothing', () => {
    expect(writing('plan')).toEqual([]);
  });

  test.each(['deploy', 'execution'])('%s writes to no access stack, and to no role made by one', (role) => {
    const reached = writing(role).filter(({ allow = [] }) => !allow.every((action) => action === 'iam:PassRole'));
    const resources = reached.flatMap(({ on }) => on);
    expect(resources.filter((arn) => /-access|vendhost-platform-|vendhost-gitlab|:policy\//.test(arn))).toEqual([]);
  });
});
