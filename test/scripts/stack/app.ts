import { CfnOutput, CfnParameter, CfnWaitCondition, CfnWaitConditionHandle } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { newApp, VendhostStack } from '../../../cdk/app.ts';
import type { AppBuilder } from '../../../scripts/stack/assembly.ts';

/**
 * Stacks of SSM parameters by stack name, then parameter name. `$Size` stands for the value of the stack's own parameter
 * Size, `$Fail` for a resource that cannot be made, `$Slow` for one that takes six seconds.
 */
export type Parameters = Readonly<Record<string, Readonly<Record<string, string>>>>;

const allowNothing = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: 's3:GetObject', Resource: '*' }],
};

/** An app small enough to be deployed in a moment: what the stack functions do does not depend on what is deployed. */
export function parameterApp(account: string, stacks: Parameters): AppBuilder {
  return async (props) => {
    const app = newApp(props);
    for (const [name, values] of Object.entries(stacks)) {
      const stack = new VendhostStack(app, name, { account, region: 'eu-west-1', tags: { 'vendhost:layer': 'test' } });
      const size = new CfnParameter(stack, 'Size', { default: 'small' });
      for (const [key, value] of Object.entries(values)) {
        if (value === '$Fail') {
          new iam.CfnPolicy(stack, key, { policyName: key, policyDocument: allowNothing, roles: ['no-such-role'] });
          continue;
        }
        if (value === '$Slow') {
          const handle = new CfnWaitConditionHandle(stack, `${key}Handle`);
          new CfnWaitCondition(stack, key, { handle: handle.ref, timeout: '6', count: 1 });
          continue;
        }
        const shown = value === '$Size' ? size.valueAsString : value;
        new ssm.CfnParameter(stack, key, { name: `/${name}/${key}`, type: 'String', value: shown });
        new CfnOutput(stack, `${key}Name`, { value: `/${name}/${key}` });
      }
    }
    return app;
  };
}
