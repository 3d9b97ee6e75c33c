import { beforeAll, expect, inject, test, vi } from 'vitest';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { type Meddler, wire } from '../wire.ts';
import { platformOwner } from './operator.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '710000000058';
let repository: PlatformRepository;

beforeAll(async () => {
  repository = await platformRepository(account);
  await repository.certify(inject('localCloud').endpoint);
});

/** A platform owner in whose region EC2 names these zones. */
async function ownerWith(...zones: string[]) {
  const items = zones
    .map((zone) => `<item><zoneName>${zone}</zoneName><zoneState>available</zoneState></item>`)
    .join('');
  const named: Meddler = async (call, next) => {
    const answer = await next();
    if (call.operation !== 'DescribeAvailabilityZones') return answer;
    const body = `<DescribeAvailabilityZonesResponse><availabilityZoneInfo>${items}</availabilityZoneInfo></DescribeAvailabilityZonesResponse>`;
    return { ...answer, headers: {}, body };
  };
  const AWS_ENDPOINT_URL = await wire(inject('localCloud').endpoint, named);
  return platformOwner(repository.directory, account, { AWS_ENDPOINT_URL });
}

test('a region with two zones is refused before anything is deployed', async () => {
  const owner = await ownerWith('eu-west-1a', 'eu-west-1b');
  const error = await owner.deploy().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({
    code: 'ZONES_MISSING',
    message: 'eu-west-1 has 2 availability zones open to this account (eu-west-1a, eu-west-1b): dev needs 3',
  });
});

test('a network keeps its zones when the region gets another one', async () => {
  const before = await ownerWith('eu-west-1c', 'eu-west-1b', 'eu-west-1a');
  await before.deploy();
  const after = await ownerWith('eu-west-1A', 'eu-west-1a', 'eu-west-1b', 'eu-west-1c');
  expect(await after.plan()).toMatchObject({ code: undefined, result: { differs: false } });
});
