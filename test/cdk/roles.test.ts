import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { App } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { beforeAll, describe, expect, test } from 'vitest';
import { limits } from '../../scripts/config/tenant.ts';
import { templateBody, templateLimitBytes } from '../../scripts/stack/assembly.ts';
import { facts } from '../builders/sample.ts';
import { policySize, type Role, readPolicy, readRole, roleNames, type Statement } from './roles/read-role.ts';
import { reviewFile } from './roles/review-file.ts';
import { accessApp, audience, entryTemplate, onlyTemplate, templates, tenantApp } from './roles/stacks.ts';

const folder = join(import.meta.dirname, 'roles');

/** The roles by the names of their review files. */
const platformRoles = {
  'platform-builder': 'vendhost-dev-builder',
  'platform-plan': 'vendhost-platform-dev-plan',
  'platform-deploy': 'vendhost-platform-dev-deploy',
  'platform-execution': 'vendhost-platform-dev-execution',
  'platform-vend': 'vendhost-platform-dev-vend',
  'platform-vend-execution': 'vendhost-platform-dev-vend-execution',
};
const tenantRoles = {
  'tenant-instance': 'vendhost-dev-shop-instance',
  'tenant-deploy': 'vendhost-dev-shop-deploy',
  'tenant-plan': 'vendhost-dev-shop-plan',
  'tenant-execution': 'vendhost-dev-shop-execution',
  'tenant-pipeline': 'vendhost-dev-shop-pipeline',
  'tenant-codedeploy': 'vendhost-dev-shop-codedeploy',
  'tenant-approver': 'vendhost-dev-shop-approver',
};
/** The roles that a tenant has besides where releases are approved by jobs. */
const approvedRoles = { 'tenant-approver-job': 'vendhost-dev-shop-approver-job' };
/** The role that a tenant has besides where writes to its intake start its pipeline. */
const intakeRoles = { 'tenant-intake': 'vendhost-dev-shop-intake' };
/** The role by which its jobs switch maintenance; it is in the entry stack. */
const switchRoles = { 'tenant-switch': 'vendhost-dev-shop-switch' };
/** The roles that take the place of the tenant's deploy role where it has a project for each half. */
const halfRoles = { 'tenant-infrastructure-deploy': 'vendhost-dev-shop-infrastructure-deploy' };
/** That of the software's project is in the entry stack. */
const softwareRoles = { 'tenant-software-deploy': 'vendhost-dev-shop-software-deploy' };
/** The role that it has besides where GitLab reports pushes, and the role that is then another one. */
const builtRoles = { 'tenant-intake-build': 'vendhost-dev-shop-intake-build' };
/** The same of a tenant with two projects: each is cloned with a role of its own, and no build deploys the software. */
const builtHalfRoles = {
  'tenant-infrastructure-build': 'vendhost-dev-shop-infrastructure-build',
  'tenant-software-build': 'vendhost-dev-shop-software-build',
};
const boundaries = {
  'platform-boundary': 'vendhost-dev-boundary',
  'platform-service-boundary': 'vendhost-dev-service-boundary',
  'platform-switch-boundary': 'vendhost-dev-switch-boundary',
  'tenant-drift': 'vendhost-dev-tenant-drift',
};
const { 'tenant-deploy': _deploy, ...withoutDeploy } = tenantRoles;
/** It is in a stack of its own. */
const { 'platform-vend-execution': _vendExecution, ...accessRoles } = platformRoles;
const named = {
  ...platformRoles,
  ...tenantRoles,
  ...approvedRoles,
  ...intakeRoles,
  ...halfRoles,
  ...softwareRoles,
  ...builtRoles,
  ...switchRoles,
  ...builtHalfRoles,
};
/** Where images are promoted. */
const promoting = {
  'tenant-promoted': 'vendhost-staging-tenant-promoted',
  'tenant-promoting': 'vendhost-production-tenant-promoting',
};
const files = Object.keys({ ...named, ...boundaries, ...promoting });

/** 10,240 characters in all inline policies of a role, 6,144 in a managed policy (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html). */
const inlinePolicyLimit = 10_240;
const managedPolicyLimit = 6_144;

/** Calls that AWS knows no resource for: https://docs.aws.amazon.com/service-authorization/latest/reference/. */
const withoutResource =
  /^((ec2|ssm)messages:.*|codedeploy:StopDeployment|ssm:(CancelCommand|GetCommandInvocation)|sns:(GetSubscriptionAttributes|Unsubscribe))$/;

const approvals = { project: 'acme/approvals', branch: 'main' };
const projectAt = (path: string) => ({ issuer: 'https://gitlab.example.com', audience, path });
const twoProjects = { project: projectAt('acme/machine'), software: projectAt('acme/shop') };
const builds = {
  image: 'registry.example.com/platform/vendhost:1',
  repository: 'https://gitlab.example.com/acme/shop.git',
};
/** While a tenant moves. */
const bothBalancers = {
  entry: [9, 10].map((number) => ({ number, listenerArn: facts['listener-arn'], isPlain: number === 10 })),
  others: [9],
  plain: 10,
};
const apps: Record<
  'platform' | 'tenant' | 'approved' | 'intake' | 'halves' | 'built' | 'builtHalves' | 'switching',
  App
> = {
  platform: accessApp(),
  tenant: tenantApp(),
  approved: tenantApp({ facts: { ...facts, approval: true }, approvals }),
  intake: tenantApp({ intake: 's3' }),
  halves: tenantApp(twoProjects),
  built: tenantApp({ intake: 'webhook', builds }),
  switching: tenantApp({ maintenanceSwitch: '<p>Back soon' }),
  builtHalves: tenantApp({
    ...twoProjects,
    intake: 'webhook',
    builds: {
      ...builds,
      softwareRepository: 'https://gitlab.example.com/acme/shop.git',
      repository: 'https://gitlab.example.com/acme/machine.git',
    },
  }),
};
const roles = new Map<string, Role>();
beforeAll(() => {
  for (const [file, name] of Object.entries(platformRoles)) roles.set(file, readRole(apps.platform, name));
  for (const [file, name] of Object.entries(tenantRoles)) roles.set(file, readRole(apps.tenant, name));
  for (const [file, name] of Object.entries(approvedRoles)) roles.set(file, readRole(apps.approved, name));
  for (const [file, name] of Object.entries(intakeRoles)) roles.set(file, readRole(apps.intake, name));
  for (const named of [halfRoles, softwareRoles]) {
    for (const [file, name] of Object.entries(named)) roles.set(file, readRole(apps.halves, name));
  }
  for (const [file, name] of Object.entries(builtRoles)) roles.set(file, readRole(apps.built, name));
  for (const [file, name] of Object.entries(switchRoles)) roles.set(file, readRole(apps.switching, name));
  for (const [file, name] of Object.entries(builtHalfRoles)) roles.set(file, readRole(apps.builtHalves, name));
});

function roleOf(file: string): Role {
  const role = roles.get(file);
  if (role === undefined) throw new Error(`no role ${file}`);
  return role;
}

describe('review files', () => {
  test.each([
    ['platform', accessRoles],
    ['tenant', tenantRoles],
    ['approved', { ...tenantRoles, ...approvedRoles }],
    ['intake', { ...tenantRoles, ...intakeRoles }],
    ['halves', { ...withoutDeploy, ...halfRoles }],
    ['built', { ...tenantRoles, ...intakeRoles }],
    ['builtHalves', { ...withoutDeploy, ...halfRoles, ...intakeRoles }],
  ] as const)('there is one for each role of the access stack of a %s', (kind, named) => {
    expect(roleNames(apps[kind]).sort()).toEqual(Object.values(named).sort());
  });

  test('there is none of a role that is gone', async () => {
    const found = (await readdir(folder)).filter((file) => file.endsWith('.yml'));
    expect(found.sort()).toEqual(files.map((file) => `${file}.yml`).sort());
  });

  test.each(Object.keys(named))('%s may do what its file says', async (file) => {
    await expect(reviewFile(roleOf(file))).toMatchFileSnapshot(join(folder, `${file}.yml`));
  });

  test.each(Object.entries(boundaries))('%s is what its file says', async (file, name) => {
    await expect(reviewFile(readPolicy(apps.platform, name))).toMatchFileSnapshot(join(folder, `${file}.yml`));
  });

  test.each(Object.entries(promoting))('%s is what its file says', async (file, name) => {
    const environment = name.includes('staging') ? 'staging' : 'production';
    const app = accessApp(environment);
    await expect(reviewFile(readPolicy(app, name))).toMatchFileSnapshot(join(folder, `${file}.yml`));
  });
});

describe.each(Object.keys(named))('%s', (file) => {
  const allowed = () => roleOf(file).statements.filter(({ effect }) => effect === 'Allow');

  test('explains each wildcard where it is', () => {
    const unexplained = roleOf(file).statements.filter(
      ({ actions, resources, because = '' }) =>
        [...actions, ...resources].some((each) => /[*?]/.test(each)) && because.length < 10,
    );
    expect(unexplained).toEqual([]);
  });

  test('has no action that is a whole service', () => {
    const actions = roleOf(file).statements.flatMap((each) => each.actions);
    expect(actions.filter((action) => !/^[a-z0-9-]+:[A-Z][a-zA-Z]+\*?/.test(action))).toEqual([]);
  });

  test('does nothing but read where the resource is *, unless a condition narrows it', () => {
    const wide = allowed().filter(({ resources, conditions }) => resources.includes('*') && conditions === undefined);
    const narrowable = wide.filter(({ actions }) => !actions.every((each) => withoutResource.test(each)));
    expect(narrowable.filter(writes)).toEqual([]);
  });

  test('passes roles only to the service they are for', () => {
    for (const { sid, actions, conditions } of allowed()) {
      if (actions.includes('iam:PassRole')) expect(JSON.stringify(conditions), sid).toContain('iam:PassedToService');
    }
  });
});

describe('trust', () => {
  const subject = 'gitlab.example.com:sub';
  const audienceOnly = { 'gitlab.example.com:aud': audience };

  test.each([
    ['platform-deploy', 'project_path:acme/platform:ref_type:branch:ref:main'],
    ['platform-vend', 'project_path:acme/platform:ref_type:branch:ref:main'],
    ['tenant-deploy', 'project_path:acme/shop:ref_type:branch:ref:dev'],
    ['tenant-approver-job', 'project_path:acme/approvals:ref_type:branch:ref:main'],
    ['tenant-infrastructure-deploy', 'project_path:acme/machine:ref_type:branch:ref:dev'],
    ['tenant-software-deploy', 'project_path:acme/shop:ref_type:branch:ref:dev'],
  ])('%s is for one branch of one project, letter by letter', (file, branch) => {
    expect(roleOf(file).trust).toEqual({
      principal: { Federated: 'arn:aws:iam::111111111111:oidc-provider/gitlab.example.com' },
      action: 'sts:AssumeRoleWithWebIdentity',
      conditions: { StringEquals: { ...audienceOnly, [subject]: branch } },
    });
  });

  test.each([
    ['platform-plan', 'project_path:acme/platform:ref_type:branch:ref:*'],
    ['tenant-plan', 'project_path:acme/shop:ref_type:branch:ref:*'],
  ])('%s is for any branch of one project', (file, branches) => {
    expect(roleOf(file).trust.conditions).toEqual({
      StringEquals: audienceOnly,
      StringLike: { [subject]: branches },
    });
  });

  test('the plan role of a tenant with two projects is for any branch of both', () => {
    expect(readRole(apps.halves, 'vendhost-dev-shop-plan').trust.conditions).toEqual({
      StringEquals: audienceOnly,
      StringLike: {
        [subject]: ['project_path:acme/machine:ref_type:branch:ref:*', 'project_path:acme/shop:ref_type:branch:ref:*'],
      },
    });
  });

  test('an approver is somebody of the account who signed in with MFA', () => {
    expect(roleOf('tenant-approver').trust).toEqual({
      principal: { AWS: 'arn:aws:iam::111111111111:root' },
      action: 'sts:AssumeRole',
      conditions: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    });
  });

  test('where the project has no runner, no job deploys, and builds of one project do', () => {
    expect(readRole(apps.built, 'vendhost-dev-shop-deploy').trust).toEqual({
      principal: { Service: 'codebuild.amazonaws.com' },
      action: 'sts:AssumeRole',
      conditions: {
        StringEquals: {
          'aws:SourceAccount': '111111111111',
          'aws:SourceArn': 'arn:aws:codebuild:eu-west-1:111111111111:project/vendhost-dev-shop-machine',
        },
      },
    });
  });

  test('the same of two projects: what bakes is no job, and nothing deploys the software but its pipeline', () => {
    const sources = ['infrastructure-deploy', 'infrastructure-build', 'software-build'].map((role) => {
      const { StringEquals } = readRole(apps.builtHalves, `vendhost-dev-shop-${role}`).trust.conditions as {
        StringEquals: Record<string, string>;
      };
      return StringEquals['aws:SourceArn']?.split(':project/')[1];
    });
    expect(sources).toEqual([
      'vendhost-dev-shop-machine',
      'vendhost-dev-shop-infrastructure-intake',
      'vendhost-dev-shop-software-intake',
    ]);
    expect(JSON.stringify(entryTemplate(apps.builtHalves).toJSON())).not.toContain('software-deploy');
  });

  test('all others are for one service each', () => {
    const services = [...roles]
      .filter(([file, { trust }]) => trust.action !== 'sts:AssumeRoleWithWebIdentity' && file !== 'tenant-approver')
      .map(([file, { trust }]) => [file, trust.principal]);
    expect(Object.fromEntries(services)).toEqual({
      'platform-builder': { Service: 'ec2.amazonaws.com' },
      'platform-execution': { Service: 'cloudformation.amazonaws.com' },
      'platform-vend-execution': { Service: 'cloudformation.amazonaws.com' },
      'tenant-instance': { Service: 'ec2.amazonaws.com' },
      'tenant-execution': { Service: 'cloudformation.amazonaws.com' },
      'tenant-pipeline': { Service: 'codepipeline.amazonaws.com' },
      'tenant-codedeploy': { Service: 'codedeploy.amazonaws.com' },
      'tenant-intake': { Service: 'events.amazonaws.com' },
      'tenant-intake-build': { Service: 'codebuild.amazonaws.com' },
      'tenant-switch': { Service: 'ssm.amazonaws.com' },
      'tenant-infrastructure-build': { Service: 'codebuild.amazonaws.com' },
      'tenant-software-build': { Service: 'codebuild.amazonaws.com' },
    });
  });
});

describe('what no role may do', () => {
  test.each(['platform-plan', 'tenant-plan'])('%s writes nothing', (file) => {
    expect(roleOf(file).statements.filter(writes)).toEqual([]);
  });

  const others = Object.keys({ ...tenantRoles, ...halfRoles, ...softwareRoles }).filter(
    (file) => file !== 'tenant-approver',
  );
  test.each(others)('%s approves no release', (file) => {
    const actions = roleOf(file).statements.flatMap((each) => each.actions);
    const approving = actions.filter((each) => matches(each, 'codepipeline:PutApprovalResult'));
    expect(approving).toEqual([]);
  });

  test.each(['platform-deploy', 'platform-execution'])('%s changes no access stack and no role made by one', (file) => {
    const changing = roleOf(file).statements.filter(
      (each) => writes(each) && !each.actions.every((action) => action === 'iam:PassRole'),
    );
    const resources = changing.flatMap((each) => each.resources);
    expect(
      resources.filter((arn) => /-access|-policies|-vending|vendhost-platform-|vendhost-gitlab|:policy\//.test(arn)),
    ).toEqual([]);
  });
});

describe('the halves of a tenant with two projects', () => {
  const grants = (file: string) =>
    roleOf(file)
      .statements.filter(({ effect }) => effect === 'Allow')
      .flatMap(({ sid, actions, resources }) =>
        actions.flatMap((action) => resources.map((resource) => `${sid} ${action} ${resource}`)),
      );

  test('have together what the one role has, and neither has more', () => {
    const [whole, ...half] = ['tenant-deploy', 'tenant-infrastructure-deploy', 'tenant-software-deploy'].map(grants);
    expect([...new Set(half.flat())].sort()).toEqual([...new Set(whole)].sort());
  });

  test('have in common what reads, what writes records of actions, and the health check', () => {
    const writing = (file: string) =>
      roleOf(file)
        .statements.filter((each) => writes(each))
        .flatMap(grantsOf);
    const grantsOf = ({ actions, resources }: Statement) =>
      actions.flatMap((action) => resources.map((resource) => `${action} ${resource.replace(/^.*:/, '')}`));
    const software = new Set(writing('tenant-software-deploy'));
    const common = writing('tenant-infrastructure-deploy').filter((each) => software.has(each));
    expect(common.map((each) => each.split(' ')[0]).sort()).toEqual([
      'elasticloadbalancing:ModifyTargetGroup',
      'kms:GenerateDataKey',
      's3:PutObject',
    ]);
    expect(common.filter((each) => each.startsWith('s3:'))).toEqual([expect.stringContaining('/audit/shop/')]);
  });

  test.each([
    ['tenant-infrastructure-deploy', /codepipeline:(Start|Stop)|codedeploy:(Create|Register|Stop)|software\/shop/],
    [
      'tenant-software-deploy',
      /ec2:RunInstances|ec2:CreateImage|cloudformation:(Create|Update|Delete)|autoscaling:(Start|Terminate)|iam:PassRole|ssm:SendCommand|infrastructure\/shop/,
    ],
  ])('%s does nothing of the other half', (file, other) => {
    const own = roleOf(file).statements.filter(writes);
    const found = own
      .flatMap(({ actions, resources }) => [...actions, ...resources])
      .filter((each) => other.test(each));
    expect(found).toEqual([]);
  });
});

describe('policies', () => {
  test.each(['platform', 'tenant', 'approved', 'intake', 'halves', 'built', 'builtHalves'] as const)(
    'of a %s pass cdk-nag',
    (kind) => {
      expect(new AwsSolutionsChecks().validateScope(apps[kind]).violations).toEqual([]);
    },
  );

  test('fit into IAM and a request to CloudFormation, with names and limits as long as they can be', () => {
    const region = 'ap-southeast-2';
    const far = JSON.parse(JSON.stringify(facts).replaceAll('eu-west-1', region).replaceAll('dev', 'production'));
    const place = { environment: 'production', tenant: 'a2345678901234567890' } as const;
    const most = limits.parse({
      instance_types: Array(8).fill('u7inh-32tb.480xlarge'),
      database_classes: Array(8).fill('db.x2iedn.32xlarge'),
      image_owners: Array(8).fill('136693071363'),
    });
    const hosts = Array.from({ length: 5 }, (_, index) => `${'a'.repeat(100 + index)}.production.example.com`);
    const longest = (path: string) => ({
      ...{ issuer: 'https://gitlab.a-company-with-a-long-name.example.com', audience },
      path: `acme/${path.repeat(100)}`,
      trust: {
        subjects: ['project_path', 'project_id'] as const,
        projectId: 12_345_678,
        environmentProtected: false,
      },
    });
    const granted = {
      ...{ place, region, facts: { ...far, approval: true }, limits: most, hosts, port: 65_535, loadBalancer: 10 },
      approvals: { project: `acme/${'p'.repeat(100)}`, branch: 'b'.repeat(100) },
      intake: 's3' as const,
      groups: hosts.map((host, index) => ({ band: `wildcard-${index + 3}`, hosts: [host] })),
      branch: 'b'.repeat(100),
      project: longest('p'),
    };
    const tenant = tenantApp({ ...granted, imagesFrom: 'staging', isPromoted: true });
    const switching = tenantApp({ ...granted, maintenanceSwitch: `<p>${'é'.repeat(510)}`, balancers: bothBalancers });
    const halves = tenantApp({ ...granted, software: longest('s') });
    const registrySecret = `arn:aws:secretsmanager:${region}:111111111111:secret:${'r'.repeat(100)}`;
    const built = tenantApp({ ...granted, intake: 'webhook', builds: { ...builds, registrySecret } });
    const builtHalves = tenantApp({
      ...{ ...granted, software: longest('s'), intake: 'webhook' },
      builds: { ...builds, registrySecret, softwareRepository: `https://gitlab.example.com/${'s'.repeat(200)}.git` },
    });
    const platform = accessApp('production', {
      region,
      costs: true,
      path: `acme/${'p'.repeat(100)}`,
    });
    // Where nobody approves, jobs may more.
    const alone = [
      tenantApp({ ...granted, facts: far, maintenanceSwitch: '<p>', balancers: bothBalancers }),
      tenantApp({ ...granted, facts: far, intake: 'webhook', builds: { ...builds, registrySecret } }),
    ];
    const largest = [tenant, halves, built, builtHalves, switching, ...alone];
    for (const app of [platform, ...largest]) {
      for (const template of templates(app)) {
        // The rest of what CloudFormation and a role take is for what comes later.
        expect(templateBody(template.toJSON()).length).toBeLessThan(templateLimitBytes * 0.93);
        for (const { Properties } of Object.values(template.findResources('AWS::IAM::ManagedPolicy'))) {
          const { ManagedPolicyName: name, PolicyDocument } = Properties;
          expect(JSON.stringify(PolicyDocument).length, name).toBeLessThan(managedPolicyLimit);
        }
        for (const { Properties } of Object.values(template.findResources('AWS::IAM::Role'))) {
          expect(policySize(Properties), Properties.RoleName).toBeLessThan(inlinePolicyLimit * 0.9);
        }
      }
    }
  });

  test('name the partition they are in', () => {
    const region = 'cn-north-1';
    const chinese = JSON.parse(
      JSON.stringify(facts).replaceAll('eu-west-1', region).replaceAll('arn:aws:', 'arn:aws-cn:'),
    );
    for (const app of [accessApp('dev', { region }), tenantApp({ region, facts: chinese })]) {
      const text = JSON.stringify(onlyTemplate(app).toJSON());
      expect(text).toContain('arn:aws-cn:');
      expect(text).not.toContain('arn:aws:');
    }
  });
});

test('where nobody has to approve, no job may', () => {
  expect(roleNames(tenantApp({ approvals }))).not.toContain('vendhost-dev-shop-approver-job');
});

test('where people vend, no job may', () => {
  expect(roleNames(accessApp('dev', { vending: 'people' }))).not.toContain('vendhost-platform-dev-vend');
});

describe('vending by jobs', () => {
  const changing = () => roleOf('platform-vend-execution').statements.filter((each) => each.effect === 'Allow');
  const named = (action: string) => changing().filter(({ actions }) => actions.some((each) => matches(each, action)));

  test.each(['iam:CreateRole', 'iam:PutRolePolicy', 'iam:AttachRolePolicy', 'iam:PutRolePermissionsBoundary'])(
    "%s only under the tenants' boundary, but for roles that switch maintenance",
    (action) => {
      const isSwitch = (arn: string) => arn.endsWith('-switch');
      const [only, ...others] = named(action).filter(({ resources }) => !resources.every(isSwitch));
      expect(others).toEqual([]);
      expect(only?.resources.filter(isSwitch)).toEqual([]);
      const boundary = 'arn:aws:iam::111111111111:policy/vendhost-dev-boundary';
      expect(only?.conditions).toMatchObject({ StringEquals: { 'iam:PermissionsBoundary': boundary } });
    },
  );

  test.each(['iam:CreateRole', 'iam:PutRolePolicy'])(
    '%s of roles that switch only under a boundary of their own',
    (action) => {
      const switches = named(action).filter(({ resources }) => resources.some((arn) => arn.endsWith('-switch')));
      expect(switches).toMatchObject([
        {
          resources: ['arn:aws:iam::111111111111:role/vendhost-dev-*-switch'],
          conditions: {
            StringEquals: {
              'iam:PermissionsBoundary': 'arn:aws:iam::111111111111:policy/vendhost-dev-switch-boundary',
            },
          },
        },
      ]);
    },
  );

  test('no role has the right to take a boundary off, or to change what one says', () => {
    for (const file of ['platform-vend', 'platform-vend-execution']) {
      const all = roleOf(file).statements.filter(({ effect }) => effect === 'Allow');
      const actions = all.flatMap((each) => each.actions);
      expect(actions.filter((each) => matches(each, 'iam:DeleteRolePermissionsBoundary'))).toEqual([]);
      const policies = all.filter((each) => writes(each)).flatMap(({ resources }) => resources);
      const ofPlatform = ['plan-drift', 'execution-network', 'execution-storage'].map((end) => `platform-dev-${end}`);
      const boundaries = ['boundary', 'service-boundary', 'tenant-drift'].map((end) => `dev-${end}`);
      const untouched = [...boundaries, ...ofPlatform].map((end) => `arn:aws:iam::111111111111:policy/vendhost-${end}`);
      expect(untouched.filter((arn) => policies.some((each) => matches(each, arn)))).toEqual([]);
    }
  });

  test('reaches no role, stack or bucket of the platform, and nothing of another environment', () => {
    const iam = 'arn:aws:iam::111111111111';
    const stack = 'arn:aws:cloudformation:eu-west-1:111111111111:stack';
    const untouched = [
      ...['plan', 'deploy', 'execution', 'vend'].map((role) => `${iam}:role/vendhost-platform-dev-${role}`),
      `${iam}:role/vendhost-dev-builder`,
      `${iam}:role/vendhost-production-shop-deploy`,
      ...['policies', 'access', 'vending', 'network', 'storage', 'balancer'].map(
        (layer) => `${stack}/vendhost-dev-${layer}/1`,
      ),
      `${stack}/vendhost-gitlab/1`,
      `${stack}/vendhost-production-shop-access/1`,
      'arn:aws:ssm:eu-west-1:111111111111:parameter/vendhost/dev/boundary-arn',
    ];
    for (const file of ['platform-vend', 'platform-vend-execution']) {
      const resources = roleOf(file)
        .statements.filter(writes)
        .flatMap((each) => each.resources);
      expect(untouched.filter((arn) => resources.some((each) => matches(each, arn)))).toEqual([]);
    }
  });
});

test('a platform without a project has no roles for pipelines', () => {
  expect(roleNames(accessApp('dev', { project: undefined }))).toEqual(['vendhost-dev-builder']);
});

/** Whether a statement allows more than reads. */
function writes({ effect, actions }: Statement): boolean {
  return (
    effect === 'Allow' &&
    actions.some(
      (action) => !/:(Batch(Describe|Get)|Decrypt|Describe|Detect|FilterLogEvents|Get|GET|List|Lookup)/.test(action),
    )
  );
}

/** Whether a pattern of a policy covers an action. */
function matches(pattern: string, action: string): boolean {
  return new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i').test(action);
}
