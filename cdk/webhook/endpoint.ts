import { Validations } from 'aws-cdk-lib';
import { CfnDeployment, CfnMethod, CfnResource, CfnRestApi, CfnStage } from 'aws-cdk-lib/aws-apigateway';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { names } from '../../scripts/config/names.ts';
import type { Arns } from '../arns.ts';
import type { WebhookFunction } from './webhook-function.ts';
import { functionArn } from './webhook-rights.ts';

export interface EndpointProps {
  readonly arns: Arns;
  readonly handler: WebhookFunction;
}

const stageName = 'v1';
/** Requests a second of all tenants together, and how many at once; GitLab sends one for a push. */
const rate = { throttlingRateLimit: 10, throttlingBurstLimit: 20 };

/**
 * The REST API with one resource, `POST /{environment}/{tenant}`, which the function answers. Anybody can call it: the function compares the
 * token, because GitLab cannot sign AWS requests.
 */
export class Endpoint extends Construct {
  /** Where the paths of tenants begin, without a slash at the end. */
  readonly address: string;

  constructor(scope: Construct, id: string, { arns, handler }: EndpointProps) {
    super(scope, id);
    const api = new CfnRestApi(this, 'Api', {
      name: names.webhookStack,
      description: "Pushes to tenants' projects that have no runner",
      endpointConfiguration: { types: ['REGIONAL'] },
    });
    const environment = new CfnResource(this, 'Environment', {
      restApiId: api.ref,
      parentId: api.attrRootResourceId,
      pathPart: '{environment}',
    });
    const tenant = new CfnResource(this, 'Tenant', {
      restApiId: api.ref,
      parentId: environment.ref,
      pathPart: '{tenant}',
    });
    const permission = new CfnPermission(this, 'Invoke', {
      action: 'lambda:InvokeFunction',
      functionName: handler.function.ref,
      principal: 'apigateway.amazonaws.com',
      sourceArn: arns.arn('execute-api', `${api.ref}/${stageName}/POST/*/*`),
    });
    const invocations = `path/2015-03-31/functions/${functionArn(arns, 'receive')}/invocations`;
    const method = new CfnMethod(this, 'Post', {
      restApiId: api.ref,
      resourceId: tenant.ref,
      httpMethod: 'POST',
      authorizationType: 'NONE',
      // Not required here: API Gateway would answer 400, and the function answers 401.
      requestParameters: { 'method.request.header.X-Gitlab-Token': false },
      integration: {
        type: 'AWS_PROXY',
        integrationHttpMethod: 'POST',
        uri: `arn:${arns.partition}:apigateway:${arns.region}:lambda:${invocations}`,
      },
    });
    method.addResourceDependency(permission);
    // A deployment is a snapshot of the API: after changing a method, change this id, or the stage keeps the former one.
    const deployment = new CfnDeployment(this, 'Deployment', { restApiId: api.ref });
    deployment.addResourceDependency(method);
    const stage = new CfnStage(this, 'Stage', {
      restApiId: api.ref,
      deploymentId: deployment.ref,
      stageName,
      methodSettings: [{ resourcePath: '/*', httpMethod: '*', ...rate, metricsEnabled: true }],
    });
    this.address = `https://${api.ref}.execute-api.${arns.region}.${arns.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com'}/${stage.ref}`;
    acknowledge({ api, method, stage });
  }
}

function acknowledge({ api, method, stage }: { api: CfnRestApi; method: CfnMethod; stage: CfnStage }): void {
  const reasons: readonly (readonly [construct: Construct, rule: string, reason: string])[] = [
    [api, 'APIG2', 'The function judges the body: it must read it to know what it is.'],
    [stage, 'APIG1', 'The function logs each verdict; access logs need a role that all APIs of the region share.'],
    [stage, 'APIG3', 'The stage is throttled, and nothing is done without a token of 32 random bytes.'],
    [stage, 'APIG6', 'The function logs each verdict; execution logs would have bodies and tokens in them.'],
    [method, 'APIG4', 'GitLab can send a token in a header of its own only, which the function compares.'],
    [method, 'COG4', 'GitLab is no user of Cognito.'],
  ];
  for (const [construct, rule, reason] of reasons) {
    Validations.of(construct).acknowledge({ id: `AwsSolutions-${rule}`, reason });
  }
}
