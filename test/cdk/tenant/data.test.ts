import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { DataStack } from '../../../cdk/tenant/data/data-stack.ts';
import { type VirtualHostProps, virtualHostApp } from '../../../cdk/tenant/virtual-host-app.ts';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';
import { facts } from '../../builders/sample.ts';
import { virtualHost } from './props.ts';

function dataStack(changes: Partial<VirtualHostProps> = {}): DataStack | undefined {
  return virtualHostApp(virtualHost(changes)).node.children.find((child) => child instanceof DataStack);
}

function template(changes: Partial<VirtualHostProps> = {}): Template {
  const stack = dataStack(changes);
  if (stack === undefined) throw new Error('no data stack');
  return Template.fromStack(stack);
}

const production = { place: { tenant: 'shop', environment: 'production' } };

describe('the data stack', () => {
  test('as a whole', () => {
    expect(template().toJSON()).toMatchSnapshot();
  });

  test('without a database there is none', () => {
    expect(dataStack({ config: vendhostSchema.parse({ database: 'none' }) })).toBeUndefined();
  });

  test('takes what vendhost.yml says of the database', () => {
    const config = vendhostSchema.parse({ database: { class: 'db.t4g.small', storage_gib: 50, name: 'orders' } });
    template({ config }).hasResourceProperties('AWS::RDS::DBInstance', {
      DBInstanceClass: 'db.t4g.small',
      AllocatedStorage: '50',
      DBName: 'orders',
    });
  });

  test('is reachable in private subnets only, by TLS only, by nobody yet', () => {
    const data = template();
    data.hasResourceProperties('AWS::RDS::DBInstance', {
      PubliclyAccessible: false,
      StorageEncrypted: true,
      DBSubnetGroupName: facts['database-subnet-group'],
    });
    data.resourceCountIs('AWS::RDS::DBSubnetGroup', 0);
    data.hasResourceProperties('AWS::RDS::DBParameterGroup', { Parameters: { require_secure_transport: '1' } });
    data.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    const [group] = Object.values(data.findResources('AWS::EC2::SecurityGroup'));
    expect(group?.Properties.SecurityGroupIngress).toBeUndefined();
  });

  test('no resource goes when the stack goes, or when it is replaced; those of a creation that failed do', () => {
    const kept = Object.values(template().toJSON().Resources as Record<string, Record<string, string>>);
    expect(kept.map((each) => [each.DeletionPolicy, each.UpdateReplacePolicy])).toEqual(
      kept.map(() => ['RetainExceptOnCreate', 'Retain']),
    );
    expect(dataStack()?.terminationProtection).toBe(true);
  });

  test('the password stands nowhere in the template', () => {
    const [instance] = Object.values(template().findResources('AWS::RDS::DBInstance'));
    expect(instance?.Properties.MasterUserPassword['Fn::Join'][1]).toEqual([
      '{{resolve:secretsmanager:',
      { Ref: expect.stringMatching(/^Secret/) },
      ':SecretString:password}}',
    ]);
  });

  test('RDS keeps the password and rotates it where the tenant says so; nothing that would replace the database differs', () => {
    const config = vendhostSchema.parse({ database: { rotation: 'weekly' } });
    const rotated = template({ config });
    const only = (data: Template) => Object.values(data.findResources('AWS::RDS::DBInstance'))[0]?.Properties;
    const { ManageMasterUserPassword, MasterUserSecret, ...rest } = only(rotated);
    const { MasterUserPassword, ...usual } = only(template());
    expect({ ManageMasterUserPassword, MasterUserSecret }).toEqual({
      ManageMasterUserPassword: true,
      MasterUserSecret: { KmsKeyId: facts['key-arn'] },
    });
    expect(MasterUserPassword).toBeDefined();
    expect(rest).toEqual(usual);
    const { Outputs, Resources } = rotated.toJSON();
    expect(Outputs.DatabaseSecret).toEqual({
      Value: { 'Fn::GetAtt': [expect.stringMatching(/^Database/), 'MasterUserSecret.SecretArn'] },
    });
    expect(Object.keys(Resources)).toEqual(Object.keys(template().toJSON().Resources));
  });

  test('production has a standby and a month of backups', () => {
    const inProduction = { MultiAZ: true, BackupRetentionPeriod: 30 };
    template(production).hasResourceProperties('AWS::RDS::DBInstance', inProduction);
    template().hasResourceProperties('AWS::RDS::DBInstance', { MultiAZ: false, BackupRetentionPeriod: 7 });
  });

  test.each([
    [{}, 'dev', true],
    [{}, 'production', false],
    [{ apply: 'window' }, 'dev', false],
    [{ apply: 'now' }, 'production', true],
  ])('%j in %s: changes at once: %s', (database, environment, ApplyImmediately) => {
    const config = vendhostSchema.parse({ database });
    const data = template({ config, place: { tenant: 'shop', environment } });
    data.hasResourceProperties('AWS::RDS::DBInstance', { ApplyImmediately });
  });

  test.each([
    [{}, 40],
    [{ storage_gib: 80 }, 100],
    [{ storage_gib: 100 }, undefined],
    [{ storage_gib: 30, max_storage_gib: 90 }, 90],
    [{ storage_gib: 30, max_storage_gib: 30 }, undefined],
  ])('%j: RDS raises the storage up to %s GiB', (database, most) => {
    const [instance] = Object.values(
      template({ config: vendhostSchema.parse({ database }) }).findResources('AWS::RDS::DBInstance'),
    );
    expect(instance?.Properties.MaxAllocatedStorage).toBe(most);
  });

  test('exports nothing', () => {
    const outputs = Object.values(template().toJSON().Outputs as Record<string, { Export?: unknown }>);
    expect(outputs.filter((output) => output.Export !== undefined)).toEqual([]);
  });

  test.each([{}, production])('passes cdk-nag %#', (changes) => {
    const stack = dataStack(changes);
    if (stack === undefined) throw new Error('no data stack');
    expect(new AwsSolutionsChecks().validateScope(stack).violations).toEqual([]);
  });
});
