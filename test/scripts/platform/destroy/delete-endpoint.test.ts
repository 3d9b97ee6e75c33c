import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { expect, test } from 'vitest';
import type { Aws } from '../../../../scripts/aws/session.ts';
import type { Environment } from '../../../../scripts/config/environment.ts';
import { endpointsToGo } from '../../../../scripts/platform/destroy/delete-endpoint.ts';

/** A region of an account, with these stacks. */
function region(name: string, ...stacks: string[]): Aws {
  const client = new CloudFormationClient({ region: name });
  const page = { StackSummaries: stacks.map((StackName) => ({ StackName, StackStatus: 'CREATE_COMPLETE' })) };
  client.send = (async () => page) as unknown as typeof client.send;
  return { region: name, cloudFormation: async () => client } as unknown as Aws;
}

async function going(leaving: readonly Environment[], ...regions: Aws[]): Promise<string[]> {
  return (await endpointsToGo([{ account: '1', regions }], leaving)).map((place) => `${place.account} ${place.region}`);
}

test('the webhook goes with the last environment of its account and region', async () => {
  const west = region('eu-west-1', 'vendhost-webhook', 'vendhost-dev-access', 'vendhost-staging-network');
  expect(await going(['dev'], west)).toEqual([]);
  expect(await going(['dev', 'staging'], west)).toEqual(['1 eu-west-1']);
});

test('of another region nothing is asked, and where there is none nothing goes', async () => {
  const west = region('eu-west-1', 'vendhost-webhook', 'vendhost-dev-access');
  const central = region('eu-central-1', 'vendhost-production-access', 'vendhost-gitlab');
  expect(await going(['dev'], west, central)).toEqual(['1 eu-west-1']);
  expect(await going([], region('eu-west-1', 'vendhost-webhook'))).toEqual(['1 eu-west-1']);
});
