import { fullDiff } from '@aws-cdk/cloudformation-diff';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Template } from '../../../scripts/stack/assembly.ts';
import { planDetails } from '../../../scripts/stack/details/plan-details.ts';
import { propertyChanges } from '../../../scripts/stack/details/property-changes.ts';
import { mask, withoutSecrets } from '../../../scripts/stack/details/secret-values.ts';

function details(before: object, after: object, parameters: Parameters<typeof planDetails>[0]['parameters'] = []) {
  const diff = fullDiff({ Resources: before }, { Resources: after });
  return planDetails({ diff, template: { Resources: after } as Template, parameters });
}

const group = (ingress: readonly object[]) => ({
  Type: 'AWS::EC2::SecurityGroup',
  Properties: { GroupDescription: 'web', SecurityGroupIngress: ingress },
});

describe('planDetails', () => {
  test('says what an update changes, down to the single value', () => {
    const launch = (InstanceType: string) => ({
      Type: 'AWS::EC2::LaunchTemplate',
      Properties: { LaunchTemplateData: { InstanceType, ImageId: { Ref: 'ImageId' } } },
    });
    const parameters = [{ name: 'ImageId', from: 'ami-1', to: 'ami-2', reaches: ['Launch'] }];
    const { values } = details({ Launch: launch('t3.small') }, { Launch: launch('t3.large') }, parameters);
    expect(values).toEqual(
      new Map([
        [
          'Launch',
          [
            { path: 'LaunchTemplateData.InstanceType', from: 't3.small', to: 't3.large' },
            { path: 'parameter ImageId', from: 'ami-1', to: 'ami-2' },
          ],
        ],
      ]),
    );
  });

  test('shows no value of a parameter with NoEcho', () => {
    const template = { Parameters: { Word: { NoEcho: true } }, Resources: {} };
    const parameters = [{ name: 'Word', from: 'open', to: 'sesame', reaches: ['Door'] }];
    const { values } = planDetails({ diff: fullDiff({}, template), template, parameters });
    expect(values.get('Door')).toEqual([{ path: 'parameter Word', from: mask, to: mask }]);
  });

  test('names who may do more, and not what becomes less', () => {
    const role = (...Action: string[]) => ({
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'p',
        Roles: ['shop'],
        PolicyDocument: { Statement: [{ Effect: 'Allow', Action, Resource: 'arn:aws:s3:::b/*' }] },
      },
    });
    expect(details({ P: role('s3:GetObject') }, { P: role('s3:GetObject', 's3:PutObject') }).grants).toEqual([
      { who: 'shop', what: 'may s3:GetObject, s3:PutObject', resources: ['arn:aws:s3:::b/*'] },
    ]);
    expect(details({ P: role('s3:GetObject') }, {}).grants).toEqual([]);
  });

  test('names what the network lets in, everybody above all', () => {
    const rule = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22 };
    const { openings } = details(
      { G: group([]) },
      {
        G: group([
          { ...rule, CidrIp: '0.0.0.0/0' },
          { ...rule, CidrIp: '10.0.0.0/8' },
        ]),
      },
    );
    const shared = { group: '${G.GroupId}', direction: 'ingress', traffic: 'TCP 22' };
    expect(openings).toEqual([
      { ...shared, peer: 'Everyone (IPv4)', isEveryone: true },
      { ...shared, peer: '10.0.0.0/8', isEveryone: false },
    ]);
    expect(details({ G: group([{ ...rule, CidrIp: '0.0.0.0/0' }]) }, { G: group([]) }).openings).toEqual([]);
  });
});

describe('secrets', () => {
  test.each([
    ['MasterUserPassword', 'hunter2hunter2', mask],
    ['MasterUserPassword', '{{resolve:secretsmanager:x:SecretString:password}}', undefined],
    ['SecretArn', 'arn:aws:secretsmanager:eu-west-1:1:secret:x', undefined],
    [
      'UserData',
      '#!/bin/bash\nexport DB_PASSWORD=abc123\necho $DB_PASSWORD',
      `#!/bin/bash\nexport DB_PASSWORD=${mask}\necho $DB_PASSWORD`,
    ],
    ['UserData', 'curl -H "PRIVATE-TOKEN: glpat-abcdefghijklmnopqrst" x', `curl -H "PRIVATE-TOKEN: ${mask}" x`],
    ['UserData', 'key AKIAIOSFODNN7EXAMPLE end', `key ${mask} end`],
    ['InstanceType', 't3.small', undefined],
  ])('%s: %s', (name, text, shown = text) => {
    expect(withoutSecrets(name, text)).toBe(shown);
  });

  test('are masked wherever they are in a property', () => {
    const secret = fc.stringMatching(/^[A-Z]{12}$/);
    const holder = fc.constantFrom(
      (value: string) => ({ Environment: [{ Name: 'API_TOKEN', Value: value }] }),
      (value: string) => ({ Deep: { DbPassword: value } }),
      (value: string) => ({ UserData: { 'Fn::Base64': { 'Fn::Sub': `API_KEY="${value}"` } } }),
    );
    fc.assert(
      fc.property(secret, secret, holder, (from, to, made) => {
        const shown = JSON.stringify(propertyChanges('P', made(from), made(to)));
        expect(shown).not.toContain(from);
        expect(shown).not.toContain(to);
      }),
      { seed: 1 },
    );
  });
});
