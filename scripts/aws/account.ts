import { VendhostError } from '../errors.ts';
import type { Aws } from './session.ts';

/** Throws `ACCOUNT_WRONG` unless the credentials belong to the environment's account. */
export async function checkAccount(aws: Aws, environment: string, account: string): Promise<void> {
  const actual = await aws.account();
  if (actual === account) return;
  throw new VendhostError(
    'ACCOUNT_WRONG',
    `the credentials are of account ${actual}; platform.yml says ${environment} is in ${account}`,
    { hint: `use credentials of account ${account}` },
  );
}
