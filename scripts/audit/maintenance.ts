/** The audit's name for switching maintenance, named after the command that shows it. */
export const maintenanceAction = 'host maintenance';

/** What a record says about maintenance, with the page that answers. */
export function maintenanceState(page: string | undefined): string {
  return page === undefined ? 'off' : `${on}${page}`;
}

const on = 'on: ';

/** Whether this is the record of maintenance that began. */
export function isBegin({ action, after }: { readonly action: string; readonly after: string }): boolean {
  return action === maintenanceAction && after.startsWith(on);
}
