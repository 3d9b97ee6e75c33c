import { describe, expect, test } from 'vitest';
import { merged, Reference, resolved } from '../../../scripts/ci/merged-jobs.ts';

test('mappings merge key by key, lists and texts are replaced', () => {
  const earlier = { job: { variables: { A: '1', B: '2' }, rules: [1, 2], script: ['a'] }, stages: ['a'] };
  const later = { job: { variables: { B: '3' }, rules: [3] }, other: {} };
  expect(merged(earlier, later)).toEqual({
    job: { variables: { A: '1', B: '3' }, rules: [3], script: ['a'] },
    stages: ['a'],
    other: {},
  });
});

describe('extends and !reference', () => {
  test('the last base counts, then the job itself; references are looked up afterwards', () => {
    const whole = {
      '.one': { image: 'a', tags: ['x'], rules: [{ if: '$A' }] },
      '.two': { image: 'b', variables: { A: '1' } },
      job: {
        extends: ['.one', '.two'],
        variables: { B: '2' },
        rules: [{ if: '$B' }, new Reference(['.one', 'rules'])],
      },
      other: { extends: 'job', script: [new Reference(['job', 'variables', 'B'])] },
    };
    const { job, other } = resolved(whole);
    const own = { image: 'b', tags: ['x'], variables: { A: '1', B: '2' }, rules: [{ if: '$B' }, { if: '$A' }] };
    expect(job).toEqual(own);
    expect(other).toEqual({ ...own, script: ['2'] });
  });

  test.each([
    ['a base that does not exist', { job: { extends: '.gone' } }, 'job extends .gone, which does not exist'],
    ['a circle', { a: { extends: 'b' }, b: { extends: 'a' } }, 'a extends b extends a: a circle'],
    [
      'a reference to nothing',
      { job: { rules: new Reference(['.gone', 'rules']) } },
      '!reference [.gone, rules] leads',
    ],
    [
      'a reference to itself',
      { job: { rules: [new Reference(['job', 'rules'])] } },
      '!reference [job, rules] → !reference [job, rules]: a circle',
    ],
  ])('%s is refused', (_, configuration, message) => {
    expect(() => resolved(configuration)).toThrow(message);
  });
});
