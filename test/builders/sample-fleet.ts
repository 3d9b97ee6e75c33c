import type { FleetRow } from '../../scripts/status/fleet/fleet-rows.ts';
import { type FleetView, fleetStates } from '../../scripts/status/fleet/fleet-view.ts';

const well: Omit<FleetRow, 'tenant'> = {
  environment: 'dev',
  state: 'well',
  needs: [],
  hosts: ['shop.dev.example.com'],
  release: '0a1b2c3d, commit 01234567 by Ada',
  releasedAt: '2026-06-09T07:00:00Z',
  newer: '',
  instances: '2 of at least 2',
  image: 'ami-0123456789abcdef0',
  imageCreatedAt: '2026-06-06T12:00:00Z',
  driftCheckedAt: '2026-06-10T05:00:00Z',
};

/** A fleet with rows of every state, and an environment that could not be read; with no tenant, an empty one. */
export function sampleFleet(tenants: number): FleetView {
  const rows = Array.from({ length: tenants }, (_, index): FleetRow[] => {
    const tenant = `shop-${index}`;
    return [
      { ...well, tenant },
      {
        ...{ ...well, tenant, environment: 'staging', state: 'needs a look', newer: 'waiting for approval' },
        needs: [
          'a release has waited for approval for 3 h',
          `the alarm vendhost-staging-${tenant}-host-unhealthy-hosts has gone off, 2 days ago`,
        ],
      },
      { ...well, tenant, environment: 'production', state: 'unknown', needs: ['its releases could not be read: <b>'] },
    ];
  }).flat();
  const counts = Object.fromEntries(
    fleetStates.map((state) => [state, rows.filter((row) => row.state === state).length]),
  ) as FleetView['counts'];
  const unknown = tenants === 0 ? [] : [{ environment: 'qa', why: 'ACCESS_DENIED: no role may be assumed' }];
  const environments = ['dev', 'staging', 'production'];
  return { at: '2026-06-10T12:00:00Z', well: tenants === 0, environments, unknown, counts, rows, shared: [] };
}
