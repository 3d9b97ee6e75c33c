import { join, relative } from 'node:path';
import { names } from '../../config/names.ts';
import { checkHosts } from '../../host/check-hosts.ts';
import { checkDatabase } from '../../host/database/check-database.ts';
import type { HostImage } from '../../host/host-image.ts';
import { type HostPlan, hasDatabase } from '../../host/host-plan.ts';
import { readHostState } from '../../host/host-state.ts';
import { checkKeptData } from '../../host/kept-data.ts';
import { hostApp, judgeHost } from '../../host/plan/provision-inputs.ts';
import { planHostStacks } from '../../host/read-host-plan.ts';
import { checkRoomForDatabase } from '../../quota/room.ts';
import type { Finding } from '../../report/report.ts';
import { withAssembly } from '../../stack/assembly.ts';
import { checkFindings } from '../findings/planned-section.ts';
import type { TenantContext } from './tenant-context.ts';

/** What a provision of this checkout would do. */
export interface HostPreview {
  /** Why there is something to do; empty when the host matches this checkout. */
  readonly reasons: readonly string[];
  /** Absent if a look-up found no difference. */
  readonly plan?: HostPlan;
  /** The error that the push would end with before it changes anything. */
  readonly refusals: readonly Finding[];
}

/** As `vendhost host provision --dry-run` plans it, but also if data would be lost, and without waiting for other jobs. */
export async function previewHost(
  context: TenantContext,
  id: string,
  image: string | HostImage | undefined,
): Promise<HostPreview> {
  const { runtime, aws, place, directory, config, inputs } = context;
  const { facts, record, targetGroup, otherBalancers } = inputs;
  const imageId = typeof image === 'object' ? image.id : image;
  const { reasons, failing } = await judgeHost(aws, inputs, { place, config, image: imageId });
  if (reasons.length === 0) return { reasons, refusals: [] };
  await checkHosts(aws, place, facts.bucket, record.hosts);
  const { health_check: healthCheck } = config;
  const wanted = { place, bucket: facts.bucket, targetGroup, healthCheck, failing, image, wait: false };
  const state = await readHostState(runtime, aws, wanted);
  const parts = { place, facts, record, targetGroup: targetGroup.arn, otherBalancers, config };
  // Validated, as the push does it: a template that AWS would refuse is a fault before the merge.
  const app = await hostApp(aws, { ...parts, keepsDatabase: hasDatabase(state.data), validation: true });
  const check = (work: () => Promise<unknown>) => checkFindings(runtime, id, work);
  return await withAssembly(runtime, aws, app, async (assembly) => {
    const plan = await planHostStacks(assembly, place, state, { details: true });
    const action = plan.data?.action;
    const file = join(relative(runtime.cwd, directory), 'vendhost.yml');
    const refusals = await Promise.all([
      ...(action === 'update' ? [check(() => checkDatabase(assembly, place, file))] : []),
      ...(action === 'create' ? [check(() => checkKeptData(aws, place))] : []),
      ...(action === 'create' && inputs.deployed.data === undefined
        ? [check(() => checkRoomForDatabase(runtime, aws, place))]
        : []),
    ]);
    return { reasons, plan, refusals: refusals.flat() };
  });
}

/** Names of the stacks that a preview is about. */
export function hostStacks(place: TenantContext['place']): { data: string; host: string } {
  return { data: names.tenantStack(place, 'data'), host: names.tenantStack(place, 'host') };
}
