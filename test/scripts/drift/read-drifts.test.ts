import { expect, test } from 'vitest';
import { openAws } from '../../../scripts/aws/session.ts';
import { readResourceDrifts } from '../../../scripts/drift/stacks/read-drifts.ts';
import { recorder } from '../../builders/recorder.ts';
import { xml } from '../answering.ts';
import { wire } from '../wire.ts';

const drift = (name: string, status: string, time: string) =>
  `<member><StackId>s</StackId><LogicalResourceId>${name}</LogicalResourceId><ResourceType>AWS::A::${name}</ResourceType>` +
  `<StackResourceDriftStatus>${status}</StackResourceDriftStatus><Timestamp>2026-11-26T${time}:00Z</Timestamp></member>`;
const drifts = [
  drift('Fresh', 'IN_SYNC', '10:01'),
  drift('Stale', 'IN_SYNC', '09:00'),
  drift('Odd', 'UNSUPPORTED', '09:00'),
];
const listed = ['Fresh', 'Stale', 'Odd', 'Never'].map(
  (name) =>
    `<member><LogicalResourceId>${name}</LogicalResourceId><PhysicalResourceId>p-${name}</PhysicalResourceId><ResourceType>AWS::A::${name}</ResourceType></member>`,
);

test('what an earlier detection found in sync, and this one passed over, is not known', async () => {
  const AWS_ENDPOINT_URL = await wire(undefined, async ({ operation }) => ({
    status: 200,
    body:
      operation === 'ListStackResources'
        ? xml(operation, `<StackResourceSummaries>${listed.join('')}</StackResourceSummaries>`)
        : xml(operation, `<StackResourceDrifts>${drifts.join('')}</StackResourceDrifts>`),
  }));
  const env = { AWS_ENDPOINT_URL, VENDHOST_LOCAL_CLOUD: '1', AWS_REGION: 'eu-west-1' };
  const runtime = recorder({ ...env, AWS_ACCESS_KEY_ID: '100000000001', AWS_SECRET_ACCESS_KEY: 'a secret key' });
  const found = await readResourceDrifts(openAws(runtime), 's', new Date('2026-11-26T10:00:00Z'));
  expect(found.map(({ logicalId, status, reason }) => [logicalId, status, reason])).toEqual([
    ['Fresh', 'IN_SYNC', undefined],
    ['Never', 'NOT_CHECKED', undefined],
    ['Odd', 'NOT_CHECKED', undefined],
    ['Stale', 'UNKNOWN', 'the detection skipped it'],
  ]);
});
