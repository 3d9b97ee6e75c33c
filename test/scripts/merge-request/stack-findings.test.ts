import { describe, expect, test } from 'vitest';
import { stackFindings } from '../../../scripts/merge-request/findings/stack-findings.ts';
import { stateFindings } from '../../../scripts/merge-request/findings/stack-states.ts';
import type { Finding } from '../../../scripts/report/report.ts';
import type { PropertyChange } from '../../../scripts/stack/details/property-changes.ts';
import type { Change, StackPlan } from '../../../scripts/stack/stack-plan.ts';
import type { StackState } from '../../../scripts/stack/stack-state.ts';

function shown(findings: readonly Finding[]): string[] {
  return findings.map(({ gravity, title }) => `${gravity}: ${title}`);
}

function update(change: Partial<Change>, plan: Partial<StackPlan> = {}): StackPlan {
  const one: Change = { logicalId: 'It', type: 'AWS::SQS::Queue', action: 'update', ...change };
  return { stack: 'a-stack', action: 'update', changes: [one], ...plan };
}

describe('stackFindings', () => {
  test('no change, no finding', () => {
    expect(stackFindings('x', { stack: 'a-stack', action: 'none', changes: [] })).toEqual([]);
  });

  test('what is deleted or replaced, and what would be lost with it', () => {
    expect(shown(stackFindings('x', update({ action: 'delete' })))).toEqual(['change: SQS::Queue It is deleted']);
    expect(shown(stackFindings('x', update({ replacement: 'yes' })))).toEqual([
      'replacement: SQS::Queue It is replaced by a new one',
    ]);
    expect(shown(stackFindings('x', update({ replacement: 'maybe' })))).toEqual([
      'replacement: SQS::Queue It may be replaced, which CloudFormation decides',
    ]);
    const database = 'AWS::RDS::DBInstance';
    expect(shown(stackFindings('x', update({ type: database, action: 'delete' })))).toEqual([
      'loss: the database It is deleted',
    ]);
    expect(shown(stackFindings('x', update({ type: database, replacement: 'yes' })))).toEqual([
      'loss: the database It is replaced by a new one',
    ]);
    const bucket = update({ type: 'AWS::S3::Bucket', action: 'delete' });
    expect(stackFindings('x', bucket)).toEqual([
      { id: 'x/It/delete', gravity: 'loss', title: 'the bucket It is deleted' },
    ]);
    expect(stackFindings('x', bucket, { isGuarded: true })).toMatchObject([
      { gravity: 'loss', details: [expect.stringContaining('the push refuses it (DATA_WOULD_BE_LOST)')] },
    ]);
  });

  test.each<[PropertyChange, string]>([
    [{ path: 'DBInstanceClass', from: 'db.t3.micro', to: 'db.t3.small' }, 'interruption'],
    [{ path: 'ManageMasterUserPassword', from: 'none', to: 'true' }, 'interruption'],
    [{ path: 'EngineVersion', from: '8.0', to: '8.4' }, 'interruption'],
    [{ path: 'DBParameterGroupName', from: 'a', to: 'b' }, 'interruption'],
    [{ path: 'Port', from: '3306', to: '3307' }, 'interruption'],
    [{ path: 'StorageType', from: 'gp3', to: 'standard' }, 'interruption'],
    [{ path: 'StorageType', from: 'gp2', to: 'gp3' }, 'change'],
    [{ path: 'BackupRetentionPeriod', from: '7', to: '0' }, 'interruption'],
    [{ path: 'BackupRetentionPeriod', from: '7', to: '30' }, 'change'],
    [{ path: 'AllocatedStorage', from: '20', to: '40' }, 'change'],
    [{ path: 'ApplyImmediately', from: 'false', to: 'true' }, 'change'],
    [{ path: 'MultiAZ', from: 'false', to: 'true' }, 'change'],
    [{ path: 'CopyTagsToSnapshot', from: 'false', to: 'true' }, 'change'],
  ])('a database, %j: %s', (value, gravity) => {
    const findings = stackFindings('x', update({ type: 'AWS::RDS::DBInstance', values: [value] }));
    expect(findings).toMatchObject([{ gravity, values: [value] }]);
  });

  test.each<[PropertyChange, string]>([
    [
      { path: 'DBInstanceClass', from: 'db.t3.micro', to: 'db.t3.small' },
      'interruption: the database It, DBInstanceClass: the database restarts with it, not during the push, but in the maintenance window after it, Sunday 02:30 to 03:30 UTC',
    ],
    [
      { path: 'AllocatedStorage', from: '20', to: '40' },
      'change: the database It, AllocatedStorage: RDS enlarges it while the database serves; it can be changed again after six hours, not during the push, but in the maintenance window after it, Sunday 02:30 to 03:30 UTC',
    ],
    [
      { path: 'Port', from: '3306', to: '3307' },
      'interruption: the database It, Port: the database restarts with it, during the push',
    ],
  ])('a database whose changes wait for the maintenance window: %j', (value, title) => {
    const plan = update({ type: 'AWS::RDS::DBInstance', values: [value] });
    expect(shown(stackFindings('x', plan, { apply: 'window' }))).toEqual([title]);
  });

  test('rights and network that become wider', () => {
    const grants = [{ who: 'shop', what: 'may s3:PutObject', resources: ['arn:aws:s3:::b/*'] }];
    const opening = { group: 'sg', direction: 'ingress', traffic: 'TCP 22' } as const;
    const openings = [
      { ...opening, peer: 'Everyone (IPv4)', isEveryone: true },
      { ...opening, direction: 'egress' as const, peer: '255.255.255.255/32', isEveryone: false },
    ];
    expect(shown(stackFindings('x', update({}, { grants, openings })))).toEqual([
      'change: SQS::Queue It changes',
      'access: shop may s3:PutObject',
      'network: security group sg lets in TCP 22 from Everyone (IPv4), the whole internet',
    ]);
  });

  test('ids differ, and are the same in another run', () => {
    const values = ['DBInstanceClass', 'EngineVersion', 'CopyTagsToSnapshot', 'AutoMinorVersionUpgrade'];
    const plan = update({ type: 'AWS::RDS::DBInstance', values: values.map((path) => ({ path, from: 'a', to: 'b' })) });
    const ids = stackFindings('x', plan).map(({ id }) => id);
    expect(ids).toEqual(['x/It/DBInstanceClass', 'x/It/EngineVersion', 'x/It/update']);
  });
});

test.each([
  ['CREATE_COMPLETE', undefined],
  ['UPDATE_COMPLETE', undefined],
  ['UPDATE_IN_PROGRESS', 'unknown'],
  ['UPDATE_ROLLBACK_IN_PROGRESS', 'unknown'],
  ['REVIEW_IN_PROGRESS', 'change'],
  ['ROLLBACK_COMPLETE', 'change'],
  ['ROLLBACK_FAILED', 'change'],
  ['DELETE_FAILED', 'change'],
  ['UPDATE_ROLLBACK_FAILED', 'change'],
  ['UPDATE_FAILED', 'change'],
  ['IMPORT_COMPLETE', undefined],
  ['UPDATE_ROLLBACK_COMPLETE', 'change'],
])('a stack in %s: %s', (status, gravity) => {
  const findings = stateFindings('x', 'a-stack', { status, reason: undefined } as StackState);
  expect(findings.map((finding) => finding.gravity)).toEqual(gravity === undefined ? [] : [gravity]);
  for (const { title } of findings) expect(title).toMatch(new RegExp(`^a-stack is ${status}: `));
});
