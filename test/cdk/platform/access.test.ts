import { expect, test } from 'vitest';
import { accessApp, onlyTemplate } from '../roles/stacks.ts';

const template = onlyTemplate(accessApp());
const propertiesOf = (type: string) => Object.values(template.findResources(type)).map(({ Properties }) => Properties);

test('builders get their role through a profile of the same name', () => {
  expect(propertiesOf('AWS::IAM::InstanceProfile')).toEqual([
    { InstanceProfileName: 'vendhost-dev-builder', Roles: [{ Ref: expect.stringMatching(/^Builder/) }] },
  ]);
});

test('tells tenants of the boundary and the profile, and of nothing else', () => {
  const facts = propertiesOf('AWS::SSM::Parameter').map(({ Name, Value }) => [Name, Value]);
  expect(facts).toEqual([
    ['/vendhost/dev/boundary-arn', { Ref: expect.stringMatching(/^Boundary/) }],
    ['/vendhost/dev/builder-instance-profile', { Ref: expect.stringMatching(/^BuilderProfile/) }],
  ]);
});

test('makes nothing but roles, their ceilings and these facts', () => {
  const resources = Object.values(template.toJSON().Resources as Record<string, { Type: string }>);
  expect([...new Set(resources.map(({ Type }) => Type))].sort()).toEqual([
    'AWS::IAM::InstanceProfile',
    'AWS::IAM::ManagedPolicy',
    'AWS::IAM::Role',
    'AWS::SSM::Parameter',
  ]);
});

test('the plan role may read the bill only where platform.yml wants costs', () => {
  const rightsOf = (costs: boolean) => {
    const { Resources } = onlyTemplate(accessApp('dev', { costs })).toJSON();
    return JSON.stringify(Resources).match(/"ce:[A-Za-z*]+"/g);
  };
  expect(rightsOf(false)).toBeNull();
  expect(rightsOf(true)).toEqual(['"ce:GetCostAndUsage"']);
});
