import {
  DeleteParameterCommand,
  GetParameterCommand,
  ParameterNotFound,
  PutParameterCommand,
} from '@aws-sdk/client-ssm';
import type { Aws } from '../../scripts/aws/session.ts';
import { VendhostError } from '../../scripts/errors.ts';
import type { KitParts } from './kit-site.ts';

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

/**
 * Throws when the account has nothing of the kit, or what is there belongs to a run with another project: in that one pipelines would be
 * cancelled, and variables removed.
 */
export async function checkMarker({ aws, settings }: Pick<KitParts, 'aws' | 'settings'>): Promise<void> {
  const { account, region, project } = settings;
  const marker = await readMarker(aws);
  if (marker === undefined) {
    throw new VendhostError('USAGE', `the kit has not run in ${account}, ${region}, or has removed everything`, {
      hint: 'check account and region; what is called vendhost-dev… there is not removed, because it is not known to be of the kit',
    });
  }
  if (marker.project === project) return;
  throw new VendhostError('USAGE', `the kit ran in ${account}, ${region} with ${marker.project}, not with ${project}`, {
    hint: `give project: ${marker.project}, whose pipelines and variables are to go as well`,
  });
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
