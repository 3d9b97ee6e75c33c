import { expect, test } from 'vitest';
import { isSecretPath, secretProperties, valueToShow } from '../../../scripts/drift/stacks/secret-properties.ts';
import { changerIn } from '../../../scripts/drift/stacks/who.ts';

test.each([
  ['/MasterUserPassword', true],
  ['/Environment/Variables/API_TOKEN', true],
  ['/Actions/0/AuthenticateOidcConfig/ClientSecret', true],
  ['/SecretArn', false],
  ['/SecretId', false],
  ['/MinSize', false],
])('%s is secret by its name: %s', (path, expected) => {
  expect(isSecretPath(path)).toBe(expected);
});

test.each([
  ['/Login', '{"User":"a","Password":"hunter2"}', '{"User":"a","Password":"[masked]"}'],
  ['/Variables/0', '{"Name":"API_TOKEN","Value":"hunter2"}', '{"Name":"API_TOKEN","Value":"[masked]"}'],
  ['/Tags', '[{"Key":"db-password","Value":"hunter2"}]', '[{"Key":"db-password","Value":"[masked]"}]'],
  ['/Description', 'made with AKIAIOSFODNN7EXAMPLE', 'made with [masked]'],
  ['/Tags/3', '{"Key":"owner",  "Value":"anna"}', '{"Key":"owner",  "Value":"anna"}'],
  ['/Description', '{ no JSON', '{ no JSON'],
])('a value of %s is shown without its secrets: %s', (path, value, shown) => {
  expect(valueToShow(path, value)).toBe(shown);
});

test('what is made of a parameter that is not shown is secret, by Ref, by Fn::Sub, in YAML too', () => {
  const resources = {
    A: { Properties: { Value: { Ref: 'Key' }, Name: 'a' } },
    B: { Properties: { Value: { 'Fn::Sub': 'x-${Key}' }, Name: { Ref: 'Keyring' } } },
  };
  const json = JSON.stringify({ Parameters: { Key: { NoEcho: true }, Keyring: {} }, Resources: resources });
  expect(secretProperties(json)).toEqual(new Set(['A/Value', 'B/Value']));
  const yaml = 'Parameters: { Key: { NoEcho: "true" } }\nResources:\n  A:\n    Properties:\n      Value: !Ref Key\n';
  expect(secretProperties(yaml)).toEqual(new Set(['A/Value']));
});

test.each(['{', '{}', '[]'])('of the template %s nobody knows which', (body) => {
  expect(secretProperties(body)).toBeUndefined();
});

const event = (EventName: string, detail: object = {}, ReadOnly = 'false') => ({
  EventName,
  ReadOnly,
  Username: 'anna',
  EventTime: new Date('2026-11-26T09:00:00Z'),
  CloudTrailEvent: JSON.stringify(detail),
});

test('who changed it last is the newest caller that wrote, was not refused, and is not CloudFormation', () => {
  const events = [
    event('DescribeDBInstances', {}, 'true'),
    event('ModifyDBInstance', { errorCode: 'AccessDenied' }),
    event('ModifyDBInstance', { sourceIPAddress: 'cloudformation.amazonaws.com' }),
    event('ModifyDBInstance', { userIdentity: { arn: 'arn:aws:iam::1:user/anna' } }),
    event('CreateDBInstance', { userIdentity: { arn: 'arn:aws:iam::1:user/ben' } }),
  ];
  expect(changerIn(events)).toBe('CloudTrail: ModifyDBInstance by arn:aws:iam::1:user/anna at 2026-11-26T09:00:00Z');
  expect(changerIn(events.slice(0, 3))).toBeUndefined();
  expect(changerIn([event('StopDBInstance')])).toContain('by anna');
  for (const CloudTrailEvent of ['{"errorCode"', '7', '{"userIdentity":"anna"}']) {
    expect(changerIn([{ ...event('ModifyDBInstance'), CloudTrailEvent }, ...events])).toBeUndefined();
  }
});
