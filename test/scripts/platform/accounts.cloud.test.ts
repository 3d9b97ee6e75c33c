import {
  CreateOpenIDConnectProviderCommand,
  DeleteOpenIDConnectProviderCommand,
  ListOpenIDConnectProvidersCommand,
} from '@aws-sdk/client-iam';
import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { deployPlatform } from '../../../scripts/platform/deploy/deploy-platform.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { organizationRole } from '../../local-cloud/organization.ts';
import { type PlatformOwner, platformOwner } from './operator.ts';

vi.setConfig({ testTimeout: 300_000 });
const management = '710000000020';
const member = '710000000022';
const Url = 'https://gitlab.example.test';
const arn = `arn:aws:iam::${member}:oidc-provider/gitlab.example.test`;
let repository: PlatformRepository;
let owner: PlatformOwner;

/** `dev` is in the account of the credentials, `staging` in another one that a role leads into. */
beforeAll(async () => {
  const { endpoint } = inject('localCloud');
  repository = await platformRepository(management, { staging: member, production: management });
  await repository.certify(endpoint);
  const role = await organizationRole(endpoint, member, management);
  await repository.writePlatform({ staging: { role } });
  owner = platformOwner(repository.directory, management);
});

const memberIam = () => platformOwner(repository.directory, member).aws().iam();

describe('environments in accounts of their own', () => {
  test('a provider for GitLab that was there before must take the audience', async () => {
    const iam = await memberIam();
    await iam.send(new CreateOpenIDConnectProviderCommand({ Url, ClientIDList: ['sts.amazonaws.com'] }));
    const ran = await owner.deploy({ environment: 'staging' }).catch((thrown) => thrown);
    expect(ran).toMatchObject({
      code: 'PROVIDER_AUDIENCE',
      details: [`${arn} accepts: sts.amazonaws.com`],
      hint: `allow it: aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ${arn} --client-id ${Url}`,
    });
  });

  test('when one environment fails the others go on to their end', async () => {
    const recorded = owner.runtime();
    const options = { directory: repository.directory, environment: 'all', dryRun: false } as const;
    await expect(deployPlatform(recorded, options)).rejects.toMatchObject({ code: 'PROVIDER_AUDIENCE' });
    const result = JSON.parse(recorded.printed());
    expect(result.failed).toMatchObject([{ environment: 'staging', code: 'PROVIDER_AUDIENCE' }]);
    expect(result.environments).toMatchObject([{ environment: 'dev' }, { environment: 'production' }]);
  });

  test('the same command goes on; a provider that takes the audience is used as it is', async () => {
    const iam = await memberIam();
    await iam.send(new DeleteOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }));
    await iam.send(new CreateOpenIDConnectProviderCommand({ Url, ClientIDList: ['sts.amazonaws.com', Url] }));
    const { result } = await owner.deploy({ environment: 'all' });
    expect(result.providers).toMatchObject([
      { account: management, own: true, outcome: 'no change' },
      { account: member, own: false },
    ]);
    const changed = result.environments.map(({ stacks }) => stacks.some(({ outcome }) => outcome !== 'no change'));
    expect(changed).toEqual([false, true, false]);
    const { code, result: status } = await owner.status('all');
    expect([code, status.environments[1]?.provider.text]).toEqual([undefined, `${arn}, not created by Vendhost`]);
  });

  test('destroy leaves what it did not make', async () => {
    const { result } = await owner.destroy({ environment: 'all', yesDestroy: 'lanterns' });
    expect(result.providers).toMatchObject([{ account: management }]);
    const { OpenIDConnectProviderList } = await (await memberIam()).send(new ListOpenIDConnectProvidersCommand({}));
    expect(OpenIDConnectProviderList).toMatchObject([{ Arn: arn }]);
  });
});
