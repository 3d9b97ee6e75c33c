import { expect, test } from 'vitest';
import type { Aws } from '../../../scripts/aws/session.ts';
import { isIssuer, settleProvider } from '../../../scripts/platform/oidc-provider.ts';
import { recorder } from '../../builders/recorder.ts';
import { platform } from '../../cdk/platform/props.ts';

test.each([
  ['https://gitlab.example.com', true],
  ['https://example.com/gitlab', true],
  ['http://gitlab.example.com', false],
  ['https://gitlab.example.com:8443', false],
  ['https://gitlab.example.com?a=b', false],
  ['https://gitlab.example.com#a', false],
])('AWS can trust %s: %s', (gitlab, expected) => {
  expect(isIssuer(gitlab)).toBe(expected);
});

test('an address that AWS trusts nobody at is refused before anything is made', async () => {
  const nothing = (name: string, message: string) => async () => {
    throw Object.assign(new Error(message), { name });
  };
  const { NoSuchEntityException } = await import('@aws-sdk/client-iam');
  const aws = {
    endpoint: undefined,
    cloudFormation: async () => ({ send: nothing('ValidationError', 'Stack with id vendhost-gitlab does not exist') }),
    iam: async () => ({
      send: async () => {
        throw new NoSuchEntityException({ message: 'none', $metadata: {} });
      },
    }),
  } as unknown as Aws;
  const place = { aws, account: '111111111111', region: 'eu-west-1', arn: 'arn:aws:iam::111111111111:oidc-provider/x' };
  const settled = settleProvider(recorder(), { ...platform, gitlab: 'http://gitlab.example.com' }, place, {
    deploy: true,
  });
  await expect(settled).rejects.toMatchObject({ code: 'GITLAB_ADDRESS' });
});
