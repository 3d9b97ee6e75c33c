import { expect, test } from 'vitest';
import { vendhostSchema } from '../../../scripts/config/vendhost.ts';
import { planSection } from '../../../scripts/merge-request/findings/planned-section.ts';
import { releaseOutage } from '../../../scripts/merge-request/tenant/release-section.ts';
import { recorder } from '../../builders/recorder.ts';

test('AWS that refuses a call because there were too many says nothing of the merge request', async () => {
  const { section } = await planSection(recorder({}), { id: 'x', title: 'X' }, () =>
    Promise.reject(Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' })),
  );
  expect(section).toMatchObject({
    state: 'unknown',
    summary: 'could not be determined',
    findings: [{ gravity: 'unknown', id: 'x/AWS_THROTTLED' }],
  });
});

test.each([
  [
    { instances: { min: 1 } },
    'the release takes the only instance out of service: the host answers 503 until it is back',
  ],
  [
    { instances: { min: 2 }, deployment_config: 'CodeDeployDefault.AllAtOnce' },
    'the release takes all instances out of service at once: the host answers 503 until one is back',
  ],
  [{ instances: { min: 2 }, deployment_config: 'CodeDeployDefault.HalfAtATime' }, undefined],
  [{ instances: { min: 2 } }, undefined],
])('what users notice of a release with %j', (config, title) => {
  const place = { tenant: 'shop', environment: 'dev' } as const;
  expect(releaseOutage('x', vendhostSchema.parse(config), place)?.title).toBe(title);
});
