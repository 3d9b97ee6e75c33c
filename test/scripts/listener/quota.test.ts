import { expect, test } from 'vitest';
import type { VendhostError } from '../../../scripts/errors.ts';
import { checkRoom } from '../../../scripts/listener/quota.ts';
import { answering, xml } from '../answering.ts';

const served = { place: { environment: 'dev', tenant: 'shop' }, loadBalancer: 1 } as const;
const limit = '<Name>rules-per-application-load-balancer</Name><Max>150</Max>';

test.each([
  [149, 1, undefined],
  [150, 0, undefined],
  [149, 2, 'LISTENER_FULL'],
  [150, 1, 'LISTENER_FULL'],
])('of 150 that AWS allows this account, %i taken and %i needed: %s', async (standing, needed, code) => {
  const { aws } = await answering(({ operation }) => xml(operation, `<Limits><member>${limit}</member></Limits>`));
  const refused = await checkRoom(aws, served, standing, needed).catch((error: unknown) => error);
  expect((refused as VendhostError | undefined)?.code).toBe(code);
});
