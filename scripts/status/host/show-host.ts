import { withPlanRole } from '../../aws/plan-role.ts';
import { openAws } from '../../aws/session.ts';
import type { Environment } from '../../config/environment.ts';
import { type ExitCode, exitCodes } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { hostLines } from './host-lines.ts';
import { hostStatusOf } from './host-status.ts';
import { readHostSnapshot } from './read-host-snapshot.ts';

/**
 * Shows a tenant's virtual host; exit code 2 when something needs attention, including what could not be read. Only reads, in a
 * job with the tenant's plan role.
 */
export async function showHost(
  runtime: Runtime,
  place: { tenant: string; environment: Environment },
): Promise<ExitCode | undefined> {
  const aws = openAws(withPlanRole(runtime, place));
  const status = hostStatusOf(await readHostSnapshot(runtime, aws, place));
  runtime.out.result({ ...status }, hostLines(status).join('\n'));
  return status.well ? undefined : exitCodes.differs;
}
