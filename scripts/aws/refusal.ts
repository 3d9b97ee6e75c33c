import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { awsError } from './foreseen-errors.ts';

/**
 * Why a thing could not be looked at, when that is AWS's, GitLab's or the network's doing; `undefined` for a fault of this
 * program. An answer that nobody foresaw, such as AWS's own failure, must not lose what was found in everything else.
 */
export function refusalOf(thrown: unknown, { env }: Pick<Runtime, 'env'>): VendhostError | undefined {
  return thrown instanceof VendhostError ? thrown : awsError(thrown, env);
}
