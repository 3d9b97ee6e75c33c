import { messageOf, VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { awsError } from './foreseen-errors.ts';

/**
 * Why a thing could not be looked at, when that is AWS's, GitLab's or the network's doing; `undefined` for a fault of this
 * program. An answer that nobody foresaw, such as AWS's own failure, must not lose what was found in everything else.
 */
export function refusalOf(thrown: unknown, { env }: Pick<Runtime, 'env'>): VendhostError | undefined {
  if (thrown instanceof VendhostError) return thrown;
  const foreseen = awsError(thrown, env);
  if (foreseen !== undefined) return foreseen;
  if (!isAnswer(thrown)) return undefined;
  return new VendhostError('AWS_FAILED', `AWS answered with an error: ${thrown.name}: ${messageOf(thrown)}`, {
    hint: 'check again later: AWS may have had a failure of its own; if it stays, report it with the log of --verbose',
    cause: thrown,
  });
}

/** The SDK's errors have what it knows of the answer, also of one that it could not read. */
function isAnswer(thrown: unknown): thrown is Error {
  return thrown instanceof Error && ('$metadata' in thrown || '$response' in thrown);
}
