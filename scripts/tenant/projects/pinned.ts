import type { PlatformConfig } from '../../config/platform.ts';
import type { Half, TenantConfig } from '../../config/tenant.ts';
import type { ProjectWish } from '../project-findings.ts';

/** The file of `pipelines` in platform.yml that a pinned tenant's project runs. No tenant's name has a slash or a dot. */
export function pinnedFile(tenant: string, half: Half | undefined): string {
  return half === undefined ? `${tenant}.gitlab-ci.yml` : `${tenant}/${half}.gitlab-ci.yml`;
}

/**
 * What a pinned tenant's project should have, and what one whose tenant is no longer pinned should lose. A pipeline file of another project is
 * written FILE@PROJECT:REF (https://docs.gitlab.com/ci/pipelines/settings/#specify-a-custom-cicd-configuration-file).
 */
export function pinnedWish(
  { pipelines }: Pick<PlatformConfig, 'pipelines'>,
  tenant: string,
  { pinned }: Pick<TenantConfig, 'pinned'>,
  half: Half | undefined,
): Pick<ProjectWish, 'pipelinePath' | 'formerPipelines'> {
  if (pipelines === undefined) return {};
  const where = `@${pipelines.project}:${pipelines.branch}`;
  return pinned ? { pipelinePath: `${pinnedFile(tenant, half)}${where}` } : { formerPipelines: where };
}
