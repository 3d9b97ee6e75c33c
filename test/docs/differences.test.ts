import { expect, test } from 'vitest';
import { differenceKinds } from '../../scripts/platform/status/ownership.ts';
import { runbook } from './error-codes.ts';

test('the runbook says what each difference of `platform status` means', () => {
  const [, section = ''] = runbook().split('### What differs\n');
  const rows = [...(section.split('\n#')[0] ?? '').matchAll(/^- `([A-Z_]+)`: \S.+/gm)];
  expect(rows.map(([, kind]) => kind).sort()).toEqual([...differenceKinds].sort());
});
