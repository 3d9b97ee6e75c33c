import { expect, test } from 'vitest';
import { driftChecks } from '../../../../scripts/drift/all-checks.ts';
import { checkIds } from '../../../../scripts/drift/check-ids.ts';
import { findingOf } from '../../../../scripts/drift/checks/ownership-check.ts';
import { checkSection, orNotChecked } from '../../../../scripts/drift/checks/section.ts';
import { VendhostError } from '../../../../scripts/errors.ts';
import type { Finding, Gravity } from '../../../../scripts/report/report.ts';
import { recorder } from '../../../builders/recorder.ts';

const finding = (gravity: Gravity): Finding => ({ id: gravity, gravity, title: gravity });
const look = { id: 'alarms', title: 'Alarms', count: '4 alarms' };
const section = (...gravities: Gravity[]) => checkSection({ environment: 'dev' }, look, gravities.map(finding));

test('a section is clean only when everything was looked at', () => {
  expect(section()).toEqual({
    id: 'dev/alarms',
    title: 'Alarms of dev',
    summary: '4 alarms: nothing to fix',
    state: 'clean',
    findings: [],
  });
  expect(section('unknown')).toMatchObject({ state: 'unknown', summary: '4 alarms: 1 not checked' });
  expect(section('unknown', 'fault')).toMatchObject({
    state: 'found',
    summary: '4 alarms: 1 to put right, 1 not checked',
    findings: [{ id: 'dev/alarms/unknown' }, { id: 'dev/alarms/fault' }],
  });
});

const context = { runtime: recorder({}) };
const refused = (error: Error) => orNotChecked(context, 'shop', () => Promise.reject(error));

test.each([
  [Object.assign(new Error('no'), { name: 'AccessDenied' }), 'ACCESS_DENIED'],
  [Object.assign(new Error('Rate exceeded'), { name: 'Throttling' }), 'AWS_THROTTLED'],
  [new VendhostError('GITLAB_FORBIDDEN', 'no', { hint: 'x' }), 'GITLAB_FORBIDDEN'],
])('a read that is refused is not checked: %s', async (error, code) => {
  const [found] = await refused(error);
  expect(found).toMatchObject({ id: 'shop/not-checked', gravity: 'unknown' });
  expect(found?.title).toContain(`shop was not checked: ${code}: `);
});

test('a bug is not taken for a refusal', async () => {
  await expect(refused(new TypeError('x is not a function'))).rejects.toThrow(TypeError);
});

test('the same difference has the same id, another one another', () => {
  const difference = { kind: 'CLAIM_WITHOUT_RULE', text: 'shop claimed 4', next: 'x' } as const;
  expect(findingOf(difference)).toEqual({
    id: expect.stringMatching(/^CLAIM_WITHOUT_RULE\/[\w-]{12}$/),
    gravity: 'change',
    title: 'shop claimed 4',
    details: ['CLAIM_WITHOUT_RULE'],
    next: 'x',
  });
  expect(findingOf({ ...difference, text: 'shop claimed 5' }).id).not.toBe(findingOf(difference).id);
});

test('the command line knows every check', () => {
  expect(driftChecks.map(({ id }) => id)).toEqual(checkIds);
});
