import { names } from '../../../config/names.ts';
import type { TenantProject } from '../../../config/tenant.ts';
import type { GitlabApi } from '../../../gitlab/api.ts';
import { readDeployTokens, readProjectHooks } from '../../../gitlab/hooks/project-hooks.ts';
import { readStack } from '../../../stack/stack-state.ts';
import type { DriftContext } from '../../checks.ts';
import { shared } from '../shared.ts';
import type { WebhookFacts } from './find-webhook.ts';
import type { VendedTenant } from './read-project.ts';

/** The address that the account's webhook has in the region. */
const webhookAddress = shared(
  async ({ aws }: DriftContext) => (await readStack(aws, names.webhookStack))?.outputs.Address,
);

/** Reads what GitLab has of a tenant's webhook in one of its projects; it shows no token. */
export async function readWebhookFacts(
  gitlab: GitlabApi,
  context: DriftContext,
  { tenant, config }: VendedTenant,
  { path: project }: TenantProject,
): Promise<WebhookFacts> {
  const { environment, platform } = context;
  const place = { environment, tenant };
  const [address, hooks, deployTokens] = await Promise.all([
    webhookAddress(context),
    readProjectHooks(gitlab, project),
    readDeployTokens(gitlab, project),
  ]);
  return {
    ...{ tenant, environment, project, hooks, deployTokens },
    url: address === undefined ? undefined : `${address}/${environment}/${tenant}`,
    branch: config.branches[environment] ?? platform?.target.config.branch ?? '',
    tokenName: names.host(place),
  };
}
