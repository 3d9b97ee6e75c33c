import type { Place } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';

export interface Naming {
  /** Name of the tenant, which production requires. */
  readonly yesDestroy?: string | undefined;
  readonly dryRun: boolean;
}

/** Throws `CONFIRMATION_MISSING` for production without the tenant's name, `CONFIRMATION_WRONG` for another name. */
export function checkNamed({ tenant, environment }: Place, { yesDestroy, dryRun }: Naming): void {
  if (yesDestroy !== undefined && yesDestroy !== tenant) {
    throw new VendhostError('CONFIRMATION_WRONG', `--yes-destroy ${yesDestroy} is not the tenant ${tenant}`, {
      hint: 'check which tenant you want to remove, and name it in both places',
    });
  }
  if (environment !== 'production' || dryRun || yesDestroy !== undefined) return;
  throw new VendhostError('CONFIRMATION_MISSING', `${tenant} in production is removed only when it is named again`, {
    hint: `see what would be removed with --dry-run, then give: --yes-destroy ${tenant}`,
  });
}
