import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { awsError } from './foreseen-errors.ts';

/**
 * Why something could not be checked, if AWS, GitLab or the network caused it; `undefined` for a fault of this
 * program. An unforeseen response, such as AWS's own failure, must not lose the findings about everything else.
 */
export function refusalOf(thrown: unknown, { env }: Pick<Runtime, 'env'>): VendhostError | undefined {
  return thrown instanceof VendhostError ? thrown : awsError(thrown, env);
}
