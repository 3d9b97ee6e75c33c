import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { ConditionalObjects } from '../../../scripts/aws/objects.ts';
import { type Aws, openAws } from '../../../scripts/aws/session.ts';
import { readRules, readStandingRules } from '../../../scripts/listener/listener-rules.ts';
import { recorder } from '../../builders/recorder.ts';

/** An AWS that answers the first page, and the second one when it is asked for by its token. */
async function answering(token: string, pages: readonly [string, string]): Promise<Aws> {
  const server = createServer(async (request, response) => {
    const body = (await request.toArray()).join('');
    response.setHeader('content-type', 'text/xml').end(`${request.url}${body}`.includes(token) ? pages[1] : pages[0]);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const aws = openAws(recorder({ AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'eu-west-1' }));
  const credentials = { accessKeyId: '100000000302', secretAccessKey: 'local-cloud' };
  for (const client of [await aws.elb(), await aws.s3()]) client.config.credentials = async () => credentials;
  return aws;
}

test('rules are read from every page, without the default one', async () => {
  const rule = (priority: string) => `<member><Priority>${priority}</Priority>
    <IsDefault>${priority === 'default'}</IsDefault>
    <Actions><member><Type>forward</Type><ForwardConfig><TargetGroups><member>
      <TargetGroupArn>arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/group-${priority}/0a</TargetGroupArn>
    </member></TargetGroups></ForwardConfig></member></Actions></member>`;
  const page = (rules: string, marker: string) =>
    `<DescribeRulesResponse><DescribeRulesResult><Rules>${rules}</Rules>${marker}</DescribeRulesResult></DescribeRulesResponse>`;
  const aws = await answering('Marker=more', [
    page(rule('1'), '<NextMarker>more</NextMarker>'),
    page(rule('2') + rule('default'), ''),
  ]);
  expect(await readRules(aws, 'arn:listener')).toEqual([
    { priority: 1, targetGroups: ['group-1'] },
    { priority: 2, targetGroups: ['group-2'] },
  ]);
});

test('a rule is read with its hosts in lower case, its regular expressions as they are, and none where it asks for none', async () => {
  const condition = (field: string, config: string) => `<member><Field>${field}</Field>${config}</member>`;
  const values = (name: string, ...all: string[]) =>
    `<${name}>${all.map((each) => `<member>${each}</member>`).join('')}</${name}>`;
  const host = condition(
    'host-header',
    `<HostHeaderConfig>${values('Values', 'Shop.example.com', '*.example.com')}${values('RegexValues', '^Any')}</HostHeaderConfig>`,
  );
  const path = condition('path-pattern', `<PathPatternConfig>${values('Values', '/x')}</PathPatternConfig>`);
  const rule = (priority: number, conditions: string) =>
    `<member><RuleArn>arn:rule/${priority}</RuleArn><Priority>${priority}</Priority><Conditions>${conditions}</Conditions></member>`;
  const rules = rule(1, path + host) + rule(2, path);
  const page = `<DescribeRulesResponse><DescribeRulesResult><Rules>${rules}</Rules></DescribeRulesResult></DescribeRulesResponse>`;
  expect(await readStandingRules(await answering('Marker=more', [page, page]), 'arn:listener')).toEqual([
    { arn: 'arn:rule/1', priority: 1, targetGroups: [], hosts: ['shop.example.com', '*.example.com', '^Any'] },
    { arn: 'arn:rule/2', priority: 2, targetGroups: [], hosts: [] },
  ]);
});

test('claims are listed from every page', async () => {
  const page = (key: string, more: string) =>
    `<ListBucketResult><Contents><Key>claims/${key}</Key></Contents>${more}</ListBucketResult>`;
  const aws = await answering('continuation-token=more', [
    page('1.json', '<IsTruncated>true</IsTruncated><NextContinuationToken>more</NextContinuationToken>'),
    page('2.json', '<IsTruncated>false</IsTruncated>'),
  ]);
  const objects = new ConditionalObjects(aws, 'bucket', z.unknown());
  expect(await objects.list('claims/')).toEqual(['1.json', '2.json']);
});
