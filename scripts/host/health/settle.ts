import { setTimeout as wait } from 'node:timers/promises';
import type { Aws } from '../../aws/session.ts';
import type { TenantRecord } from '../../config/facts.ts';
import { names, type Place } from '../../config/names.ts';
import { VendhostError } from '../../errors.ts';
import type { Runtime } from '../../runtime.ts';
import { readStack } from '../../stack/stack-state.ts';
import { anyStatus, checksToSet, type HealthCheck, healthCheckFrom, healthCheckUpdate } from './health-check.ts';
import { readTargetGroup, readTargetHealth, setHealthCheck } from './tenant-target-group.ts';

/** A minute of AWS's longest waits: twice the time in which a target that fails its checks is found unhealthy. */
const looks = 12;

/**
 * Sets the health check that the host was provisioned with, once its software is released, and watches whether the instances pass it.
 * If one does not, any answer counts again and `HEALTH_CHECK_FAILED` is thrown: no instance is replaced for it, because Auto Scaling
 * uses the load balancer's check only from the next provision on. Does nothing when the check is in force.
 */
export async function settleHealthCheck(runtime: Runtime, aws: Aws, place: Place, record: TenantRecord): Promise<void> {
  const { out, signal } = runtime;
  const wanted = healthCheckFrom((await readStack(aws, names.tenantStack(place, 'host')))?.parameters.HealthCheck);
  if (wanted === undefined) return;
  const present = await readTargetGroup(aws, place, record);
  const checks = checksToSet(healthCheckUpdate(present, wanted, { released: false }));
  if (checks.length === 0) return;
  const arns = checks.map(({ arn }) => arn);
  const meanwhile = { path: present.settings.HealthCheckPath ?? '/', status: anyStatus };
  await untilPassed(runtime, aws, arns, meanwhile);
  out.step(`health check: GET ${wanted.path} must answer ${wanted.status} from now on`);
  for (const { targetGroup, changes } of checks) {
    for (const { setting, from, to } of changes) out.detail(`${targetGroup}: ${setting} ${from} → ${to}`);
  }
  for (const arn of arns) await setHealthCheck(aws, arn, wanted);
  for (let look = 0; look < looks; look += 1) {
    // A job that is cancelled here leaves the check in force; the next provision sees whether instances pass it.
    await wait(aws.pace.longest, undefined, { signal }).catch(() => signal.throwIfAborted());
    const unhealthy = await unhealthyIn(aws, arns);
    if (unhealthy.length === 0) continue;
    for (const arn of arns) await setHealthCheck(aws, arn, meanwhile);
    throw checkFailed(wanted, unhealthy, meanwhile);
  }
}

/** Waits until no instance is unhealthy by a check it failed before: a load balancer takes a while to consider it healthy again. */
async function untilPassed(
  { out, signal }: Runtime,
  aws: Aws,
  arns: readonly string[],
  check: HealthCheck,
): Promise<void> {
  for (let look = 0; ; look += 1) {
    const unhealthy = await unhealthyIn(aws, arns);
    if (unhealthy.length === 0) return;
    if (look === looks) throw checkFailed(check, unhealthy, check);
    if (look === 0) out.step(`waiting for GET ${check.path} to answer below 500 on every instance, a minute at most`);
    await wait(aws.pace.longest, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

async function unhealthyIn(aws: Aws, arns: readonly string[]): Promise<string[]> {
  return (await Promise.all(arns.map((arn) => readTargetHealth(aws, arn)))).flatMap(({ unhealthy }) => unhealthy);
}

function checkFailed(check: HealthCheck, unhealthy: readonly string[], meanwhile: HealthCheck): VendhostError {
  return new VendhostError(
    'HEALTH_CHECK_FAILED',
    `the revision is released, but GET ${check.path} does not answer ${check.status}`,
    {
      details: unhealthy,
      hint: `correct health_check in vendhost.yml, or the software, and push; until then any answer below 500 to GET ${meanwhile.path} counts as healthy`,
    },
  );
}
