import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, inject, test } from 'vitest';
import { Stacks } from '../../builders/stacks.ts';
import { callJson, clientConfig } from '../clients.ts';
import { cacheDirectory } from '../python.ts';
import { att, ref } from './resources.ts';

const { endpoint } = inject('localCloud');
const account = '650000000041';
const stacks = new Stacks(clientConfig(endpoint, account));

/** As the data stack has it, with a password of our own or one that RDS rotates. */
const rotating = (rotates: boolean) => {
  const { resources } = stack({ require_secure_transport: '1' });
  const { MasterUserPassword, ...rest } = resources.Database.Properties;
  const password = rotates
    ? { ManageMasterUserPassword: true, MasterUserSecret: { KmsKeyId: 'alias/aws/secretsmanager' } }
    : { MasterUserPassword };
  const Database = { ...resources.Database, Properties: { ...rest, ...password } };
  const secret = rotates ? att('Database', 'MasterUserSecret.SecretArn') : ref('Secret');
  return {
    resources: { ...resources, Database },
    outputs: { Secret: secret, Address: att('Database', 'Endpoint.Address'), Name: ref('Database') },
  };
};

const stack = (parameters: Record<string, string>) => ({
  resources: {
    Secret: {
      Type: 'AWS::SecretsManager::Secret',
      Properties: {
        GenerateSecretString: { SecretStringTemplate: '{"username":"lantern"}', GenerateStringKey: 'password' },
      },
    },
    Parameters: {
      Type: 'AWS::RDS::DBParameterGroup',
      Properties: { Family: 'mysql8.4', Description: 'test', Parameters: parameters },
    },
    Database: {
      Type: 'AWS::RDS::DBInstance',
      DeletionPolicy: 'Delete',
      Properties: {
        Engine: 'mysql',
        EngineVersion: '8.4',
        DBInstanceClass: 'db.t4g.micro',
        AllocatedStorage: '20',
        DBName: 'lantern',
        DBParameterGroupName: ref('Parameters'),
        MasterUsername: { 'Fn::Sub': '{{resolve:secretsmanager:${Secret}:SecretString:username}}' },
        MasterUserPassword: { 'Fn::Sub': '{{resolve:secretsmanager:${Secret}:SecretString:password}}' },
      },
    },
    Attachment: {
      Type: 'AWS::SecretsManager::SecretTargetAttachment',
      Properties: { SecretId: ref('Secret'), TargetId: ref('Database'), TargetType: 'AWS::RDS::DBInstance' },
    },
  },
  outputs: { Secret: ref('Secret'), Address: att('Database', 'Endpoint.Address') },
});

interface Login {
  username: string;
  password: string;
  host: string;
  port: number;
  dbname: string;
}

async function query(login: Login, sql: string, ...options: string[]) {
  const root = join(cacheDirectory, 'mariadb/root');
  const connect = [`--host=${login.host}`, `--port=${login.port}`, `--user=${login.username}`];
  const result = await execa(
    join(root, 'usr/bin/mariadb'),
    ['--no-defaults', ...connect, '--batch', '--skip-column-names', ...options, login.dbname, '--execute', sql],
    { env: { MYSQL_PWD: login.password }, reject: false },
  );
  return { output: result.stdout, error: result.stderr };
}

async function loginOf({ Secret = '', Address = '' }: Readonly<Record<string, string>>): Promise<Login> {
  const value = await callJson(endpoint, account, 'secretsmanager.GetSecretValue', { SecretId: Secret });
  return { ...JSON.parse(String(value.SecretString)), host: Address, port: 3306, dbname: 'lantern' };
}

describe('a MySQL database', () => {
  test('takes connections with the secret, over TLS only, and keeps its data through an update', async () => {
    const created = await stacks.create('mysql', stack({ require_secure_transport: '1' }));
    expect(created).toMatchObject({ status: 'CREATE_COMPLETE', failures: [] });
    const value = await callJson(endpoint, account, 'secretsmanager.GetSecretValue', {
      SecretId: created.outputs.Secret,
    });
    const login = JSON.parse(String(value.SecretString)) as Login;
    expect(login).toMatchObject({ host: created.outputs.Address, port: 3306, dbname: 'lantern' });
    expect(login.host).toMatch(/^127\./);

    expect(await query(login, 'CREATE TABLE lamp (name TEXT); INSERT INTO lamp VALUES ("green")', '--ssl')).toEqual({
      output: '',
      error: '',
    });
    expect((await query(login, 'SELECT 1', '--skip-ssl')).error).toContain('Access denied');
    // As in MySQL: blanks at the end count, and a column that is neither grouped nor aggregated is refused.
    expect((await query(login, "SELECT name = 'green ', name = 'GRÉEN' FROM lamp", '--ssl')).output).toBe('0\t1');
    expect((await query(login, 'SELECT name, COUNT(*) FROM lamp', '--ssl')).error).toContain('GROUP BY');
    expect((await query({ ...login, password: 'wrong' }, 'SELECT 1', '--ssl')).error).toContain('Access denied');

    const updated = await stacks.update('mysql', stack({ require_secure_transport: '0', max_connections: '33' }));
    expect(updated).toMatchObject({ status: 'UPDATE_COMPLETE', outputs: created.outputs });
    expect(await query(login, 'SELECT name, @@max_connections FROM lamp', '--skip-ssl')).toEqual({
      output: 'green\t33',
      error: '',
    });

    expect((await stacks.delete('mysql')).status).toBe('DELETE_COMPLETE');
    expect((await query(login, 'SELECT 1', '--ssl')).error).toContain("Can't connect");
  });

  test('whose password RDS keeps: another at once, the database stays; each rotation changes it, and the old one is refused', async () => {
    const created = await stacks.create('rotated', rotating(false));
    const first = await loginOf(created.outputs);
    expect((await query(first, 'CREATE TABLE lamp (name TEXT)', '--ssl')).error).toBe('');

    const switched = await stacks.update('rotated', rotating(true));
    expect(switched).toMatchObject({ status: 'UPDATE_COMPLETE', failures: [] });
    expect(switched.outputs).toMatchObject({ Name: created.outputs.Name, Address: created.outputs.Address });
    expect(switched.outputs.Secret).toMatch(/:secret:rds!db-/);
    const second = await loginOf(switched.outputs);
    expect((await query(first, 'SELECT 1', '--ssl')).error).toContain('Access denied');
    expect(await query(second, 'SELECT COUNT(*) FROM lamp', '--ssl')).toEqual({ output: '0', error: '' });

    const SecretId = switched.outputs.Secret;
    await callJson(endpoint, account, 'secretsmanager.RotateSecret', { SecretId });
    const third = await loginOf(switched.outputs);
    expect((await query(second, 'SELECT 1', '--ssl')).error).toContain('Access denied');
    expect(await query(third, 'SELECT COUNT(*) FROM lamp', '--ssl')).toEqual({ output: '0', error: '' });
    const written = { SecretId, SecretString: '{}' };
    expect(await callJson(endpoint, account, 'secretsmanager.PutSecretValue', written)).toMatchObject({
      __type: 'InvalidRequestException',
    });

    // Switching off brings the former secret's back.
    const back = await stacks.update('rotated', rotating(false));
    expect(back).toMatchObject({ status: 'UPDATE_COMPLETE', failures: [] });
    expect((await query(third, 'SELECT 1', '--ssl')).error).toContain('Access denied');
    expect((await query(first, 'SELECT 1', '--ssl')).error).toBe('');
    expect((await stacks.delete('rotated')).status).toBe('DELETE_COMPLETE');
  });
});
