import { type App, CfnOutput } from 'aws-cdk-lib';
import { names, type Place, tags } from '../../../scripts/config/names.ts';
import { type StackPlace, VendhostStack } from '../../app.ts';
import { dataOutputs } from '../host-inputs.ts';
import { Database, type DatabaseConfig } from './database.ts';
import { DatabaseSecret } from './secret.ts';

export interface DataStackProps {
  readonly place: Place;
  readonly stack: Omit<StackPlace, 'tags'>;
  readonly vpcId: string;
  /** Name of the platform's DB subnet group. */
  readonly subnetGroup: string;
  readonly keyArn: string;
  readonly config: DatabaseConfig;
  /** Storage that the tenant is granted, in GiB. */
  readonly grantedStorage: number;
}

/**
 * A tenant's data: a MySQL database and the secret of its administrator. All resources are retained when the stack is
 * deleted, so that only a person can delete data; those of a failed first creation are not. There are no exports: the host stack gets the outputs as parameters.
 */
export class DataStack extends VendhostStack {
  constructor(app: App, props: DataStackProps) {
    const { environment, tenant } = props.place;
    super(
      app,
      names.tenantStack(props.place, 'data'),
      { ...props.stack, tags: tags(environment, 'data', tenant) },
      { terminationProtection: true, description: `Database of ${tenant} in ${environment}` },
    );
    const secret = new DatabaseSecret(this, 'Secret', {
      name: names.databaseSecret(props.place),
      keyArn: props.keyArn,
    });
    const database = new Database(this, 'Database', { ...props, secret });
    secret.attachTo(database.instance);

    const values = [
      database.instance.attrEndpointAddress,
      database.instance.attrEndpointPort,
      database.securityGroupId,
      props.config.name,
      database.secretArn,
    ];
    dataOutputs.forEach((name, index) => {
      new CfnOutput(this, name, { value: values[index] ?? '' });
    });
  }
}
