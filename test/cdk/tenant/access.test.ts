import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { tenantRecordSchema } from '../../../scripts/config/facts.ts';
import { templateLimitBytes } from '../../../scripts/stack/assembly.ts';
import { facts } from '../../builders/sample.ts';
import { readRole, roleNames } from '../roles/read-role.ts';
import { onlyTemplate, tenantApp } from '../roles/stacks.ts';

const app = tenantApp();
const template = onlyTemplate(app);
const propertiesOf = (type: string) => Object.values(template.findResources(type)).map(({ Properties }) => Properties);

describe('the access stack', () => {
  test('is the roles, the instance profile and the record', () => {
    const resources = Object.values(template.toJSON().Resources as Record<string, { Type: string }>);
    expect(resources.map(({ Type }) => Type).sort()).toEqual([
      'AWS::IAM::InstanceProfile',
      ...Array.from({ length: 6 }, () => 'AWS::IAM::Role'),
      'AWS::SSM::Parameter',
    ]);
    expect(propertiesOf('AWS::IAM::InstanceProfile')).toEqual([
      { InstanceProfileName: 'vendhost-dev-shop-instance', Roles: [{ Ref: 'Instance' }] },
    ]);
  });

  test('puts out what the project is told', () => {
    expect(template.toJSON().Outputs).toEqual({
      DeployRole: { Value: 'arn:aws:iam::111111111111:role/vendhost-dev-shop-deploy' },
      PlanRole: { Value: 'arn:aws:iam::111111111111:role/vendhost-dev-shop-plan' },
    });
  });

  test('fits into a request', () => {
    expect(stringify(template.toJSON()).length).toBeLessThan(templateLimitBytes);
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
    });
    expect(record.roles.deploy).toBe('arn:aws:iam::111111111111:role/vendhost-dev-shop-deploy');
  });
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
