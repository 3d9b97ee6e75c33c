import { createHash } from 'node:crypto';
import { libraryVersion } from '../../ci/library-version.ts';
import { defaultBranches, type Environment, environments } from '../../config/environment.ts';
import { environmentOf } from '../../config/files.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import type { Half, TenantConfig } from '../../config/tenant.ts';
import type { CommittedFile } from '../../gitlab/setup/repository.ts';
import { tenantFiles } from '../../init/tenant/tenant-repository-files.ts';
import { yamlText } from '../../init/yaml-text.ts';

/** The library's template for scheduled checks. */
export const driftTemplate = 'drift-check';

/** What a project gets that vending creates, or that is adopted. */
export interface SetupWish {
  /** The branch a new project begins with: that of the tenant's first environment. */
  readonly defaultBranch: string;
  /** What the starter merge request brings, as far as it is not there. */
  readonly files: readonly CommittedFile[];
  /** The project has no runner, so neither jobs nor a schedule. */
  readonly isReported: boolean;
}

const usualLibrary = 'platform/vendhost';

/** What a tenant's project begins with, by the platform's files; the rest of it is as `vendhost init tenant` writes it. */
export function setupWish(platform: PlatformConfig, tenant: string, config: TenantConfig, half?: Half): SetupWish {
  const hosted = environments.filter((environment) => config.hosts[environment] !== undefined);
  const branchOf = (environment: Environment) =>
    config.branches[environment] ?? environmentOf(platform, environment).branch;
  const library = platform.library ?? usualLibrary;
  const branches = hosted
    .filter((environment) => environment !== 'production' && branchOf(environment) !== defaultBranches[environment])
    .map((environment) => `${environment}_branch: ${yamlText(branchOf(environment))}`);
  const prefix = config.environment_prefix;
  const audience = platform.audience === platform.gitlab ? [] : [`audience: ${yamlText(platform.audience)}`];
  const isReported = config.intake === 'webhook';
  const files = tenantFiles(
    {
      ...{ tenant, library, hasDatabase: false, tags: [], half, isReported },
      productionBranch: hosted.includes('production') ? branchOf('production') : defaultBranches.production,
      inputs: [...branches, ...(prefix === '' ? [] : [`environment_prefix: ${yamlText(prefix)}`]), ...audience],
      // One check covers all of the tenant's stacks.
      ...(half === 'software'
        ? {}
        : { check: [`tenant: ${yamlText(tenant)}`, `environments: ${yamlText(hosted)}`, ...audience] }),
    },
    libraryVersion(),
  );
  return { defaultBranch: branchOf(hosted[0] ?? 'dev'), files, isReported };
}

export const firstText = (tenant: string) => `# ${tenant}\n\nThe virtual hosts of the tenant ${tenant}.\n`;

/** A time of night for this tenant: a thousand checks must not start at the same minute. */
export function cronOf(tenant: string): string {
  const number = createHash('sha256').update(tenant).digest().readUInt16BE();
  return `${number % 60} ${1 + (Math.floor(number / 60) % 5)} * * *`;
}
