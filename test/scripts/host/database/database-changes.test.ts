import { describe, expect, test } from 'vitest';
import { databaseChanges, databaseLines, storageFault } from '../../../../scripts/host/database/database-changes.ts';
import type { Template } from '../../../../scripts/stack/assembly.ts';

function template(properties: Record<string, unknown>): Template {
  const before = { DBInstanceClass: 'db.t3.micro', AllocatedStorage: '20', EngineVersion: '8.4', MultiAZ: false };
  return { Resources: { Instance: { Type: 'AWS::RDS::DBInstance', Properties: { ...before, ...properties } } } };
}

function lines(properties: Record<string, unknown>, apply: 'now' | 'window') {
  return databaseLines(databaseChanges(template({}), template(properties)), apply);
}

describe('what a deploy does to the database', () => {
  test('a restart is announced, with its time', () => {
    expect(lines({ DBInstanceClass: 'db.t3.small' }, 'now')).toEqual([
      'database: class db.t3.micro → db.t3.small, at once, which restarts the database',
    ]);
    expect(lines({ DBInstanceClass: 'db.t3.small', AllocatedStorage: '40' }, 'window')).toEqual([
      'database: storage in GiB 20 → 40, in the maintenance window, Sunday 02:30 to 03:30 UTC',
      'database: class db.t3.micro → db.t3.small, in the maintenance window, Sunday 02:30 to 03:30 UTC, which restarts the database',
    ]);
  });

  test('switching the rotation on or off changes the password at once', () => {
    const changed = 'at once: the password changes, and new connections fail until the instances are replaced';
    expect(lines({ ManageMasterUserPassword: true }, 'window')).toEqual([
      `database: rotation of the password none → weekly, ${changed}`,
    ]);
    const back = databaseChanges(template({ ManageMasterUserPassword: true }), template({}));
    expect(databaseLines(back, 'now')).toEqual([`database: rotation of the password weekly → none, ${changed}`]);
  });

  test('nothing where nothing changes, or where there is no database before or after', () => {
    expect(lines({ DeletionProtection: true }, 'now')).toEqual([]);
    expect(databaseChanges(undefined, template({}))).toEqual([]);
    expect(databaseChanges(template({}), {})).toEqual([]);
  });
});

describe('storageFault', () => {
  const fault = (to: number, allocated: number) =>
    storageFault('vendhost.yml', databaseChanges(template({}), template({ AllocatedStorage: String(to) })), allocated);
  test.each([
    [22, 20],
    [40, 40],
    [200, 20],
  ])('%i GiB for a database with %i', (to, allocated) => {
    expect(fault(to, allocated)).toBeUndefined();
  });
  test('less than a tenth more', () => {
    expect(fault(21, 20)).toEqual({
      file: 'vendhost.yml',
      path: 'database.storage_gib',
      message:
        '21 is wrong: must be 20, what the database has, or at least 22: storage grows only, and by a tenth at least',
    });
  });
  test('less than RDS has raised it to', () => {
    expect(fault(30, 41)?.message).toBe(
      '30 is wrong: must be 41, what the database has, to which RDS has raised it, or at least 46: storage grows only, and by a tenth at least',
    );
  });
  test('storage that the file does not change', () => {
    expect(
      storageFault('vendhost.yml', databaseChanges(template({}), template({ MultiAZ: true })), 41),
    ).toBeUndefined();
  });
});
