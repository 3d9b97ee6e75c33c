import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { gitlabApp } from '../../../cdk/platform/oidc-provider-stack.ts';

const app = gitlabApp(
  {},
  { account: '111111111111', region: 'eu-west-1', issuer: 'https://gitlab.example.com', audience: 'vendhost' },
);
const stack = app.node.findChild('vendhost-gitlab') as Stack;

test('the stack of an account is the provider, without a thumbprint, for one audience', () => {
  expect(Template.fromStack(stack).toJSON()).toEqual({
    Description: 'Trust in ID tokens of https://gitlab.example.com',
    Resources: {
      Provider: {
        Type: 'AWS::IAM::OIDCProvider',
        DeletionPolicy: 'Delete',
        UpdateReplacePolicy: 'Delete',
        Properties: {
          Url: 'https://gitlab.example.com',
          ClientIdList: ['vendhost'],
          Tags: [{ Key: 'vendhost:layer', Value: 'gitlab' }],
        },
      },
    },
  });
});

test('passes cdk-nag', () => {
  expect(new AwsSolutionsChecks().validateScope(app).violations).toEqual([]);
});
