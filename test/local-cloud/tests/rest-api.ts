import { att, ref } from './resources.ts';

const region = 'eu-west-1';

/** A role that a service may assume, with these rights on everything. */
export const role = (service: string, ...actions: string[]) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: `${service}.amazonaws.com` }, Action: 'sts:AssumeRole' }],
    },
    Policies: actions.length
      ? [
          {
            PolicyName: 'own',
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
            },
          },
        ]
      : [],
  },
});

/** A function of the resource `Role`, its code inline. */
export const lambda = (code: string, more: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: att('Role', 'Arn'),
    Code: { ZipFile: code },
    ...more,
  },
});

/** `POST /hook` of a REST API, which calls the resource `Function`. */
export const hook = ({ settings = [] as object[], timeout = 29_000, permission = true, method = 'POST' } = {}) => ({
  Api: { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'hooks' } },
  Hook: {
    Type: 'AWS::ApiGateway::Resource',
    Properties: { RestApiId: ref('Api'), ParentId: att('Api', 'RootResourceId'), PathPart: 'hook' },
  },
  Post: {
    Type: 'AWS::ApiGateway::Method',
    Properties: {
      RestApiId: ref('Api'),
      ResourceId: ref('Hook'),
      HttpMethod: method,
      AuthorizationType: 'NONE',
      Integration: {
        Type: 'AWS_PROXY',
        IntegrationHttpMethod: 'POST',
        TimeoutInMillis: timeout,
        Uri: {
          'Fn::Sub': `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/\${Function.Arn}/invocations`,
        },
      },
    },
  },
  Deployment: {
    Type: 'AWS::ApiGateway::Deployment',
    DependsOn: 'Post',
    Properties: { RestApiId: ref('Api') },
  },
  Stage: {
    Type: 'AWS::ApiGateway::Stage',
    Properties: {
      RestApiId: ref('Api'),
      DeploymentId: ref('Deployment'),
      StageName: 'live',
      MethodSettings: settings,
    },
  },
  ...(permission
    ? {
        Permission: {
          Type: 'AWS::Lambda::Permission',
          Properties: {
            Action: 'lambda:InvokeFunction',
            FunctionName: ref('Function'),
            Principal: 'apigateway.amazonaws.com',
            SourceArn: {
              'Fn::Sub': `arn:aws:execute-api:${region}:\${AWS::AccountId}:\${Api}/\${Stage}/POST/hook`,
            },
          },
        },
      }
    : {}),
});

export const hookUrl = {
  Url: { 'Fn::Sub': `https://\${Api}.execute-api.\${AWS::Region}.\${AWS::URLSuffix}/\${Stage}/hook` },
};
