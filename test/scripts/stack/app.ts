import { CfnOutput, CfnParameter, type CfnResource, CfnWaitCondition, CfnWaitConditionHandle } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { newApp, VendhostStack } from '../../../cdk/app.ts';
import type { AppBuilder } from '../../../scripts/stack/assembly.ts';

/**
 * Stacks of SSM parameters by stack name, then parameter name. `$Size` stands for the value of the stack's own parameter
 * Size, `$Fail` for a resource that cannot be made, `$Wait`
 * for one that waits to be told how it ends (`key` and `keyHandle`), `$Bucket` for a bucket,
 * `$Role name sid` for a policy of a role that is not the stack's: it fails when there is no such role. Resources are
 * made in the order they are written.
 */
export type Parameters = Readonly<Record<string, Readonly<Record<string, string>>>>;

const allowNothing = (Sid: string) => ({
  Version: '2012-10-17',
  Statement: [{ Sid, Effect: 'Deny', Action: 's3:GetObject', Resource: '*' }],
});

/** An app small enough to be deployed in a moment: what the stack functions do does not depend on what is deployed. */
export function parameterApp(account: string, stacks: Parameters): AppBuilder {
  return async (props) => {
    const app = newApp(props);
    for (const [name, values] of Object.entries(stacks)) {
      const stack = new VendhostStack(app, name, { account, region: 'eu-west-1', tags: { 'vendhost:layer': 'test' } });
      const size = new CfnParameter(stack, 'Size', { default: 'small' });
      let last: CfnResource | undefined;
      for (const [key, value] of Object.entries(values)) {
        const made = resource(stack, size.valueAsString, key, value);
        if (last !== undefined) made.addResourceDependency(last);
        last = made;
      }
    }
    return app;
  };
}

function resource(stack: VendhostStack, size: string, key: string, value: string): CfnResource {
  const [kind, role = 'no-such-role', sid = 'Nothing'] = value.split(' ');
  if (kind === '$Fail' || kind === '$Role') {
    return new iam.CfnPolicy(stack, key, { policyName: key, policyDocument: allowNothing(sid), roles: [role] });
  }
  if (kind === '$Wait') {
    const handle = new CfnWaitConditionHandle(stack, `${key}Handle`);
    return new CfnWaitCondition(stack, key, { handle: handle.ref, timeout: '300', count: 1 });
  }
  if (kind === '$Bucket') return new s3.CfnBucket(stack, key, { bucketName: `${stack.stackName}-bucket` });
  const name = `/${stack.stackName}/${key}`;
  new CfnOutput(stack, `${key}Name`, { value: name });
  return new ssm.CfnParameter(stack, key, { name, type: 'String', value: kind === '$Size' ? size : value });
}
