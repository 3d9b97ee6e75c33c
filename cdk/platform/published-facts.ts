import type { Stack } from 'aws-cdk-lib';
import { CfnParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { names } from '../../scripts/config/names.ts';

/** Facts of an environment; a list becomes a `StringList`. */
export type FactValues = Readonly<Record<string, string | readonly string[]>>;

/**
 * Parameter Store accepts three writes a second from an account, and CloudFormation would send all of them at once
 * (https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm). So each fact waits for the third before it.
 */
const atOnce = 3;

/** What tenants need to know about the platform, as SSM parameters: each platform stack publishes its own facts. */
export class Facts extends Construct {
  constructor(scope: Stack, environment: string, values: FactValues) {
    super(scope, 'Facts');
    const parameters = Object.entries(values).map(([name, value]) => {
      return new CfnParameter(this, name, {
        name: `${names.factsPath(environment)}/${name}`,
        type: typeof value === 'string' ? 'String' : 'StringList',
        value: typeof value === 'string' ? value : value.join(','),
      });
    });
    for (const [index, parameter] of parameters.entries()) {
      const before = parameters[index - atOnce];
      if (before !== undefined) parameter.addResourceDependency(before);
    }
  }
}
