import type { Stack } from 'aws-cdk-lib';
import { CfnParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { names } from '../../scripts/config/names.ts';

/** Facts of an environment; a list becomes a `StringList`. */
export type FactValues = Readonly<Record<string, string | readonly string[]>>;

/** What tenants need to know of the platform, as SSM parameters: each platform stack publishes what it makes. */
export class Facts extends Construct {
  constructor(scope: Stack, environment: string, values: FactValues) {
    super(scope, 'Facts');
    for (const [name, value] of Object.entries(values)) {
      new CfnParameter(this, name, {
        name: `${names.factsPath(environment)}/${name}`,
        type: typeof value === 'string' ? 'String' : 'StringList',
        value: typeof value === 'string' ? value : value.join(','),
      });
    }
  }
}
