import { describe, expect, test } from 'vitest';
import { limits as limitsSchema } from '../../../scripts/config/tenant.ts';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';
import { limitFaults } from '../../../scripts/host/limits.ts';

const granted = limitsSchema.parse({ instance_types: ['t3.micro'], max_instances: 2, max_storage_gib: 30 });
const faultsOf = (vendhost: object, limits = granted) =>
  limitFaults('vendhost.yml', vendhostSchema.parse(vendhost), limits);

describe('limitFaults', () => {
  test('granted values have no faults', () => {
    const vendhost = { instances: { type: 't3.micro', max: 2 }, database: { storage_gib: 30 } };
    expect(faultsOf(vendhost)).toEqual([]);
  });

  test('names all faults at once, each with its value and what is allowed', () => {
    const vendhost = {
      instances: { type: 'm5.large', max: 9 },
      database: { class: 'db.r5.large', storage_gib: 500 },
    };
    expect(faultsOf(vendhost).map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'instances.type: "m5.large" is more than the platform grants: must be one of t3.micro',
      'instances.max: 9 is more than the platform grants: must be at most 2',
      'database.class: "db.r5.large" is more than the platform grants: must be one of db.t3.micro, db.t3.small, db.t4g.micro, db.t4g.small',
      'database.storage_gib: 500 is more than the platform grants: must be at most 30',
    ]);
  });

  test('one more than granted is a fault', () => {
    const vendhost = { instances: { type: 't3.micro', max: 3 }, database: { storage_gib: 31 } };
    expect(faultsOf(vendhost).map(({ path }) => path)).toEqual(['instances.max', 'database.storage_gib']);
  });

  test('RDS may not raise the storage beyond the limit either', () => {
    const vendhost = { instances: { type: 't3.micro' }, database: { max_storage_gib: 31 } };
    expect(faultsOf(vendhost).map(({ path }) => path)).toEqual(['database.max_storage_gib']);
  });

  test('a tenant without a database needs none granted', () => {
    const none = limitsSchema.parse({ instance_types: ['t3.micro'], database_classes: [] });
    expect(faultsOf({ instances: { type: 't3.micro' }, database: 'none' }, none)).toEqual([]);
    expect(faultsOf({ instances: { type: 't3.micro' } }, none).map(({ message }) => message)).toEqual([
      '"db.t3.micro" is more than the platform grants: must be none',
    ]);
  });

  test('the defaults of vendhost.yml are within the defaults of a tenant', () => {
    expect(faultsOf({}, limitsSchema.parse({}))).toEqual([]);
  });
});
