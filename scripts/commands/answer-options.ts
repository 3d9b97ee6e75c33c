import type { Argv } from 'yargs';
import { type PlaceOptions, withDryRun, withPlace } from './options.ts';

interface AnswerArguments extends PlaceOptions {
  execution: string | undefined;
  revision: string | undefined;
  reason: string | undefined;
  'dry-run': boolean;
}

/** The options of an answer to an approval. */
export function withAnswer<T>(parser: Argv<T>): Argv<T & AnswerArguments> {
  return withDryRun(withPlace(parser))
    .option('execution', {
      type: 'string',
      requiresArg: true,
      describe: 'Execution to answer; refused when another one waits [default: $VENDHOST_EXECUTION_ID]',
    })
    .option('revision', {
      type: 'string',
      requiresArg: true,
      describe: 'Key of the revision that was shown; refused when it is another [default: $VENDHOST_REVISION_KEY]',
    })
    .option('reason', {
      type: 'string',
      requiresArg: true,
      describe: 'Why, for the tenant and for the record [default: $VENDHOST_REASON]',
    });
}
