import {
  DeleteParameterCommand,
  GetParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
} from '@aws-sdk/client-ssm';
import type { Aws } from '../../scripts/aws/session.ts';

/** Says that what is called `vendhost-dev…` in this account and region is the kit's, and may be removed by it. */
const name = '/vendhost-acceptance/dev';

export interface Marker {
  readonly since: string;
  readonly project: string;
  /** ARN of the environment's key, which outlives its stack. */
  readonly key?: string | undefined;
}

export async function readMarker(aws: Aws): Promise<Marker | undefined> {
  try {
    const { Parameter } = await (await aws.ssm()).send(new GetParameterCommand({ Name: name }));
    return JSON.parse(Parameter?.Value ?? '{}') as Marker;
  } catch (error) {
    if (error instanceof ParameterNotFound) return undefined;
    throw error;
  }
}

export async function writeMarker(aws: Aws, marker: Marker): Promise<void> {
  const Value = JSON.stringify(marker);
  await (await aws.ssm()).send(new PutParameterCommand({ Name: name, Value, Type: 'String', Overwrite: true }));
}

export async function removeMarker(aws: Aws): Promise<void> {
  try {
    await (await aws.ssm()).send(new DeleteParameterCommand({ Name: name }));
  } catch (error) {
    if (!(error instanceof ParameterNotFound)) throw error;
  }
}
