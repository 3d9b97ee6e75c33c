import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';
import { webhookApp } from '../../../cdk/webhook/webhook-stack.ts';
import { names } from '../../../scripts/config/names.ts';
import { templateBody, templateLimitBytes } from '../../../scripts/stack/assembly.ts';

const account = '111111111111';
const topics = ['arn:aws:sns:eu-west-1:111111111111:vendhost-dev-alerts'];
const app = webhookApp({}, { account, region: 'eu-west-1', partition: 'aws', topics });
const stack = app.node.findChild(names.webhookStack) as Stack;
const template = Template.fromStack(stack);

test('passes cdk-nag', () => {
  expect(new AwsSolutionsChecks().validateScope(app).violations).toEqual([]);
});

test('is as it was', () => {
  const { Resources } = template.toJSON() as { Resources: Record<string, { Properties?: { Code?: unknown } }> };
  // The code has a test of its own.
  for (const { Properties } of Object.values(Resources)) if (Properties?.Code !== undefined) Properties.Code = 'code';
  expect({ ...template.toJSON(), Resources }).toMatchSnapshot();
});

test('fits into a request, code and all', () => {
  expect(templateBody(Template.fromStack(stack).toJSON()).length).toBeLessThan(templateLimitBytes / 2);
});
