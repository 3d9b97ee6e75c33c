import { names } from '../../config/names.ts';
import { checkHosts } from '../../host/check-hosts.ts';
import type { HostImage } from '../../host/host-image.ts';
import { type HostPlan, hasDatabase } from '../../host/host-plan.ts';
import { readHostState } from '../../host/host-state.ts';
import { checkKeptData } from '../../host/kept-data.ts';
import { hostApp, judgeHost } from '../../host/plan/provision-inputs.ts';
import { planHostStacks } from '../../host/read-host-plan.ts';
import { withAssembly } from '../../stack/assembly.ts';
import type { TenantContext } from './tenant-context.ts';

/** What a provision of this checkout would do. */
export interface HostPreview {
  /** Why there is something to do; empty when the host is what this checkout says. */
  readonly reasons: readonly string[];
  /** Absent where a look-up said that nothing differs. */
  readonly plan?: HostPlan;
}

/** As `vendhost host provision --dry-run` plans it, but also where data would be lost, and without waiting for other jobs. */
export async function previewHost(context: TenantContext, image: string | HostImage | undefined): Promise<HostPreview> {
  const { runtime, aws, place, config, inputs } = context;
  const { facts, record, targetGroup } = inputs;
  const imageId = typeof image === 'object' ? image.id : image;
  const { reasons, failing } = await judgeHost(aws, inputs, { place, config, image: imageId });
  if (reasons.length === 0) return { reasons };
  await checkHosts(aws, place, facts.bucket, record.hosts);
  const { health_check: healthCheck } = config;
  const wanted = { place, bucket: facts.bucket, targetGroup, healthCheck, failing, image, wait: false };
  const state = await readHostState(runtime, aws, wanted);
  const parts = { place, facts, record, targetGroup: targetGroup.arn, config };
  // Validated, as the push does it: a template that AWS would refuse is a fault before the merge.
  const app = await hostApp(aws, { ...parts, keepsDatabase: hasDatabase(state.data), validation: true });
  const plan = await withAssembly(runtime, aws, app, (assembly) =>
    planHostStacks(assembly, place, state, { details: true }),
  );
  if (plan.data?.action === 'create') await checkKeptData(aws, place);
  return { reasons, plan };
}

/** Names of the stacks that a preview is about. */
export function hostStacks(place: TenantContext['place']): { data: string; host: string } {
  return { data: names.tenantStack(place, 'data'), host: names.tenantStack(place, 'host') };
}
