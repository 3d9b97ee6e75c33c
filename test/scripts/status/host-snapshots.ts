import type { Place } from '../../../scripts/config/names.ts';
import { launchHook } from '../../../scripts/drift/checks/hosts/find-hooks.ts';
import type { Release } from '../../../scripts/release/history/release.ts';
import type { HostSnapshot } from '../../../scripts/status/host/host-snapshot.ts';

export const place: Place = { tenant: 'shop', environment: 'dev' };
export const at = Date.parse('2026-06-10T12:00:00Z');
export const hoursAgo = (hours: number) => at - hours * 60 * 60_000;
const name = 'vendhost-dev-shop';
export const hash = (digit: string) => digit.repeat(64);

/** A release of the software that this digit stands for. */
export function release(digit: string, parts: Partial<Release> = {}): Release {
  return {
    executionId: `e-${digit}`,
    state: 'succeeded',
    version: undefined,
    start: hoursAgo(30),
    end: hoursAgo(29),
    record: {
      version: 1,
      executionId: `e-${digit}`,
      revision: `software/shop/${hash(digit)}.zip`,
      commit: digit.repeat(40),
      branch: 'dev',
      author: 'Ada <ada@example.com>',
      message: 'A page\n\nSee merge request acme/shop!7',
      mergeRequest: 'https://gitlab.example.test/acme/shop/-/merge_requests/7',
      pipelineUrl: 'https://gitlab.example.test/acme/shop/-/pipelines/12',
      jobUrl: 'https://gitlab.example.test/acme/shop/-/jobs/34',
      user: 'ada',
      image: 'ami-1',
      startedAt: '2026-06-09T06:00:00.000Z',
    },
    deploymentId: `d-${digit}`,
    current: false,
    ...parts,
  };
}

const current = release('a', { current: true });

/** A host at which nothing has to be looked at. */
export const soundHost: HostSnapshot = {
  place,
  region: 'eu-west-1',
  at,
  record: { hosts: ['shop.dev.example.com'], pipeline: name, approval: true },
  releases: { value: { releases: [current], current } },
  host: {
    value: {
      place,
      provisioned: { version: '3', image: 'ami-1' },
      group: {
        ...{ name, templateId: 'lt-1', version: '3', min: 1, suspended: [] },
        members: [
          {
            ...{ id: 'i-1', version: '3', state: 'InService', healthy: true, machine: 'running' },
            ...{ startedAt: new Date(hoursAgo(72)), zone: 'eu-west-1a', image: 'ami-1' },
          },
        ],
      },
      newestVersion: '3',
      starting: { version: '3', image: 'ami-1' },
      busy: undefined,
      hooks: [`${launchHook}-${name}`],
      deployment: { groups: [{ name }] },
    },
  },
  deploys: { value: { 'i-1': { deploymentId: 'd-a', status: 'Succeeded', executionId: 'e-a' } } },
  targets: { value: [{ instance: 'i-1', state: 'healthy' }] },
  alarms: { value: [{ name: `${name}-host-unhealthy-hosts`, state: 'OK', since: hoursAgo(80) }] },
  image: {
    value: {
      ...{ place, inUse: 'ami-1' },
      image: { id: 'ami-1', name: 'shop', createdAt: new Date(hoursAgo(96)) },
      newestBake: { id: 'ami-1', name: 'shop', createdAt: new Date(hoursAgo(96)) },
      base: { id: 'ami-0', image: { id: 'ami-0', name: 'debian-20260601', createdAt: new Date(hoursAgo(216)) } },
      family: [{ id: 'ami-0', name: 'debian-20260601', createdAt: new Date(hoursAgo(216)) }],
    },
  },
  database: {
    value: { class: 'db.t3.micro', status: 'available', engine: 'mysql 8.4.5', standby: false, pending: [] },
  },
  stacks: {
    value: ['access', 'entry', 'data', 'host'].map((layer) => ({
      ...{ name: `${name}-${layer}`, status: 'UPDATE_COMPLETE', drift: 'IN_SYNC', checkedAt: hoursAgo(7) },
    })),
  },
  maintenance: { value: undefined },
};
