import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { priorityParameter } from '../../../cdk/tenant/entry/rule-groups.ts';
import { templateLimitBytes } from '../../../scripts/stack/assembly.ts';
import { facts } from '../../builders/sample.ts';
import { entryTemplate, tenantApp } from '../roles/stacks.ts';

const template = entryTemplate(tenantApp());

describe('the entry stack', () => {
  test('is all that a tenant must not redefine of how requests and revisions reach it', () => {
    const { Resources } = template.toJSON() as { Resources: Record<string, { Type: string }> };
    expect(
      Object.values(Resources)
        .map(({ Type }) => Type)
        .sort(),
    ).toEqual([
      'AWS::CodePipeline::Pipeline',
      'AWS::ElasticLoadBalancingV2::ListenerRule',
      'AWS::ElasticLoadBalancingV2::TargetGroup',
    ]);
  });

  test('fits into a request', () => {
    expect(JSON.stringify(template.toJSON()).length).toBeLessThan(templateLimitBytes / 4);
  });
});

describe('traffic', () => {
  test('the rule has the claimed priority and the hosts, and forwards to the target group', () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
      ListenerArn: facts['listener-arn'],
      Priority: { Ref: 'ListenerPriority' },
      Conditions: [{ Field: 'host-header', HostHeaderConfig: { Values: ['shop.dev.example.com'] } }],
      Actions: [{ Type: 'forward', TargetGroupArn: { Ref: Match.stringLikeRegexp('^TrafficTargets') } }],
    });
  });

  test('wildcards have a rule of their own', () => {
    const hosts = ['shop.dev.example.com', '*.dev.example.com'];
    const groups = [
      { band: 'exact', hosts: hosts.slice(0, 1) },
      { band: 'wildcard-4', hosts: hosts.slice(1) },
    ];
    const both = entryTemplate(tenantApp({ hosts, groups }));
    both.resourceCountIs('AWS::ElasticLoadBalancingV2::ListenerRule', 2);
    both.hasParameter('ListenerPriorityWildcard4', { Type: 'Number' });
    both.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
      Priority: { Ref: priorityParameter('wildcard-4') },
      Conditions: [Match.objectLike({ HostHeaderConfig: { Values: ['*.dev.example.com'] } })],
    });
  });

  test("the target group has the platform's port and load balancer; its health check is the tenant's", () => {
    const other = entryTemplate(tenantApp({ port: 3000, loadBalancer: 2 }));
    const [group] = Object.values(other.findResources('AWS::ElasticLoadBalancingV2::TargetGroup'));
    expect(group?.Properties).toMatchObject({ Name: 'vendhost-dev-shop--3000-2', Port: 3000, TargetType: 'instance' });
    expect(Object.keys(group?.Properties).filter((key) => /Health|Matcher/.test(key))).toEqual([]);
  });
});

describe('the pipeline', () => {
  test('deploys only what it is told to', () => {
    template.hasResourceProperties('AWS::CodePipeline::Pipeline', {
      PipelineType: 'V2',
      ExecutionMode: 'SUPERSEDED',
      Stages: [
        {
          Name: 'Source',
          Actions: [
            Match.objectLike({
              Configuration: {
                S3Bucket: facts.bucket,
                S3ObjectKey: 'software/shop/no-revision-was-named.zip',
                PollForSourceChanges: 'false',
                AllowOverrideForS3ObjectKey: 'true',
              },
            }),
          ],
        },
        Match.objectLike({ Name: 'Deploy' }),
      ],
    });
    template.resourceCountIs('AWS::SNS::Topic', 0);
  });

  test('where the platform wants it a person approves, told by an encrypted topic', () => {
    const approving = entryTemplate(tenantApp({ facts: { ...facts, approval: true } }));
    approving.hasResourceProperties('AWS::CodePipeline::Pipeline', {
      Stages: [
        Match.objectLike({ Name: 'Source' }),
        Match.objectLike({ Name: 'Approval' }),
        Match.objectLike({ Name: 'Deploy' }),
      ],
    });
    approving.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: facts['key-arn'] });
  });
});
