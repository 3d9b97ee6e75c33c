import { describe, expect, test } from 'vitest';
import { tenantRecordSchema } from '../../../scripts/config/facts.ts';
import type { SubjectTrust } from '../../../scripts/config/tenant.ts';
import { facts } from '../../builders/sample.ts';
import { readRole, roleNames } from '../roles/read-role.ts';
import { audience, onlyTemplate, tenantApp } from '../roles/stacks.ts';

const app = tenantApp();
const template = onlyTemplate(app);
const propertiesOf = (type: string) => Object.values(template.findResources(type)).map(({ Properties }) => Properties);

describe('the access stack', () => {
  test('is the roles, five policies, the instance profile and the record', () => {
    const resources = Object.values(template.toJSON().Resources as Record<string, { Type: string }>);
    expect(resources.map(({ Type }) => Type).sort()).toEqual([
      'AWS::IAM::InstanceProfile',
      ...Array.from({ length: 5 }, () => 'AWS::IAM::ManagedPolicy'),
      ...Array.from({ length: 7 }, () => 'AWS::IAM::Role'),
      'AWS::SSM::Parameter',
    ]);
    expect(propertiesOf('AWS::IAM::InstanceProfile')).toEqual([
      { InstanceProfileName: 'vendhost-dev-shop-instance', Roles: [{ Ref: 'Instance' }] },
    ]);
  });

  test('puts out what the project is told', () => {
    expect(template.toJSON().Outputs).toEqual({
      ApproverRole: { Value: 'arn:aws:iam::111111111111:role/vendhost-dev-shop-approver' },
      DeployRole: { Value: 'arn:aws:iam::111111111111:role/vendhost-dev-shop-deploy' },
      PlanRole: { Value: 'arn:aws:iam::111111111111:role/vendhost-dev-shop-plan' },
    });
  });

  test('tags every role', () => {
    for (const { RoleName, Tags } of propertiesOf('AWS::IAM::Role')) {
      expect(Tags, RoleName).toEqual([
        { Key: 'vendhost:environment', Value: 'dev' },
        { Key: 'vendhost:layer', Value: 'access' },
        { Key: 'vendhost:tenant', Value: 'shop' },
      ]);
    }
  });

  test('records what the schema of records wants', () => {
    const [parameter] = propertiesOf('AWS::SSM::Parameter');
    expect(parameter?.Name).toBe('/vendhost/dev/tenants/shop');
    const record = tenantRecordSchema.parse(JSON.parse(parameter?.Value as string));
    expect(record).toMatchObject({
      tenant: 'shop',
      project: 'acme/shop',
      branch: 'dev',
      hosts: ['shop.dev.example.com'],
      port: 8080,
      pipeline: 'vendhost-dev-shop',
    });
    expect(record.roles.deploy).toBe('arn:aws:iam::111111111111:role/vendhost-dev-shop-deploy');
  });
});

describe('where jobs of another project approve', () => {
  const approvals = { project: 'acme/approvals', branch: 'main' };
  const recordOf = (changes: Parameters<typeof tenantApp>[0]) => {
    const [parameter] = Object.values(onlyTemplate(tenantApp(changes)).findResources('AWS::SSM::Parameter'));
    return tenantRecordSchema.parse(JSON.parse(parameter?.Properties.Value as string));
  };

  test('the record names it, so that jobs can say whom they wait for', () => {
    expect(recordOf({ facts: { ...facts, approval: true }, approvals }).approvals).toEqual(approvals);
  });

  test('it is named only where releases need an approval', () => {
    expect(recordOf({ approvals })).not.toHaveProperty('approvals');
  });
});

describe('trust in the jobs of the project', () => {
  const subjects = (trust?: SubjectTrust) => {
    const project = { issuer: 'https://gitlab.example.com', audience, path: 'acme/shop' };
    const app = tenantApp({ project: trust === undefined ? project : { ...project, trust } });
    const found = onlyTemplate(app);
    return {
      deploy: readRole(app, 'vendhost-dev-shop-deploy').trust,
      plan: readRole(app, 'vendhost-dev-shop-plan').trust,
      record: JSON.parse(Object.values(found.findResources('AWS::SSM::Parameter'))[0]?.Properties.Value as string),
    };
  };
  const sub = 'gitlab.example.com:sub';
  const byId = 'project_id:20:ref_type:branch:ref:';
  const protectedRef = `${byId}dev:ref_protected:true`;
  const refs = ['', ':environment_protected:false', ':environment_protected:true'].map((end) => protectedRef + end);

  test('is by its path if nothing else is known, and the record is as it always was', () => {
    const { deploy, plan, record } = subjects();
    expect(deploy).toMatchObject({
      conditions: { StringEquals: { [sub]: 'project_path:acme/shop:ref_type:branch:ref:dev' } },
    });
    expect(plan).toMatchObject({
      conditions: { StringLike: { [sub]: 'project_path:acme/shop:ref_type:branch:ref:*' } },
    });
    expect(record).not.toHaveProperty('projectId');
  });

  test('is by its id and for protected refs', () => {
    const { deploy, plan, record } = subjects({ subjects: ['project_id'], projectId: 20, environmentProtected: false });
    expect(deploy).toMatchObject({ conditions: { StringEquals: { [sub]: refs } } });
    expect(plan).toMatchObject({ conditions: { StringLike: { [sub]: `${byId}*` } } });
    expect(tenantRecordSchema.parse(record)).toMatchObject({ projectId: 20, subjects: ['project_id'] });
  });

  test('is for jobs of the protected environment where there is one', () => {
    const { deploy, record } = subjects({ subjects: ['project_id'], projectId: 20, environmentProtected: true });
    expect(deploy).toMatchObject({
      conditions: { StringEquals: { [sub]: `${protectedRef}:environment_protected:true` } },
    });
    expect(record).toMatchObject({ environmentProtected: true });
  });

  test('is by both during the change', () => {
    const { deploy, plan } = subjects({ subjects: ['project_path', 'project_id'], projectId: 20 });
    const path = 'project_path:acme/shop:ref_type:branch:ref:';
    expect(deploy).toMatchObject({
      conditions: { StringEquals: { [sub]: [`${path}dev`, ...refs] } },
    });
    expect(plan).toMatchObject({ conditions: { StringLike: { [sub]: [`${path}*`, `${byId}*`] } } });
  });
});

test('a record of before, and one of a version to come, are read', () => {
  const [parameter] = propertiesOf('AWS::SSM::Parameter');
  const record = JSON.parse(parameter?.Value as string) as object;
  expect(record).not.toHaveProperty('subjects');
  expect(tenantRecordSchema.parse({ ...record, later: 'x' })).toEqual(tenantRecordSchema.parse(record));
});

// What each role may do is in `roles/*.yml`; this holds for every one of them.
describe.each(roleNames(app))('%s', (name) => {
  const { boundary, statements } = readRole(app, name);

  test('is under the boundary', () => {
    expect(facts['boundary-arn']).toBe('arn:aws:iam::111111111111:policy/vendhost-dev-boundary');
    expect(boundary).toBe(facts['boundary-arn']);
  });

  test('makes no role or policy', () => {
    const allowed = statements.flatMap(({ effect, actions }) => (effect === 'Allow' ? actions : []));
    const iam = allowed.filter((action) => action.startsWith('iam:') || action === '*');
    const harmless = ['iam:PassRole', 'iam:GetRole', 'iam:CreateServiceLinkedRole'];
    expect(iam.filter((action) => !harmless.includes(action))).toEqual([]);
  });
});
