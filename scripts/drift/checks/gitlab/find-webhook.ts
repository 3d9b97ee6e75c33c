import type { DeployToken, ProjectHook } from '../../../gitlab/hooks/project-hooks.ts';
import type { Finding } from '../../../report/report.ts';

/** What GitLab has of the webhook of one of a tenant's projects, and what it should be. */
export interface WebhookFacts {
  readonly tenant: string;
  readonly environment: string;
  readonly project: string;
  /** Address that pushes are to be reported to; `undefined` where the account has no webhook. */
  readonly url: string | undefined;
  readonly branch: string;
  /** Name of the deploy token that builds clone with. */
  readonly tokenName: string;
  readonly hooks: readonly ProjectHook[];
  /** Those that are neither expired nor revoked. */
  readonly deployTokens: readonly DeployToken[];
}

/**
 * What of a webhook is no longer as vending set it. Whether GitLab and AWS have the same tokens nobody can see: a role of a check reads no
 * secret, and GitLab shows none.
 */
export function findWebhook(facts: WebhookFacts): Finding[] {
  const { tenant, environment, project, url, hooks, deployTokens, tokenName } = facts;
  const next = `as an administrator: vendhost tenant vend ${tenant} --environment ${environment}`;
  const found = (what: string, title: string): Finding => ({
    id: `${tenant}/webhook/${what}`,
    gravity: 'fault',
    title,
    next,
  });
  const [hook, ...repeated] = url === undefined ? [] : hooks.filter((each) => each.url === url);
  const tokens = deployTokens.filter(({ name }) => name === tokenName);
  return [
    ...(url === undefined
      ? [
          {
            ...found(
              'endpoint',
              `the account of ${environment} has no webhook: the stack vendhost-webhook is not there`,
            ),
            next: `as an administrator: vendhost platform deploy --environment ${environment} --layer access`,
          },
        ]
      : hook === undefined
        ? [found('hook', `${project} has no webhook to ${url}: its pushes are not released`)]
        : hookFindings(facts, hook, found)),
    ...(repeated.length === 0
      ? []
      : [found('repeated', `${project} has ${repeated.length + 1} webhooks to ${url}: each push is reported by all`)]),
    ...(tokens.length === 0
      ? [found('deploy-token', `${project} has no deploy token ${tokenName}, or it has expired: builds cannot clone`)]
      : []),
  ];
}

function hookFindings(
  { project, branch, tenant }: WebhookFacts,
  { id, pushEvents, branchFilter, verifiesTls, hasTemplate, isDisabled }: ProjectHook,
  found: (what: string, title: string) => Finding,
): Finding[] {
  const named = `the webhook ${id} of ${project}`;
  return [
    ...(isDisabled ? [found('disabled', `GitLab has disabled ${named}, which failed too often`)] : []),
    ...(pushEvents ? [] : [found('push-events', `${named} reports no pushes`)]),
    ...(branchFilter === branch
      ? []
      : [
          found(
            'branch',
            `${named} reports pushes to ${branchFilter === '' ? 'all branches' : branchFilter}, not to ${branch}`,
          ),
        ]),
    ...(hasTemplate ? [found('template', `${named} reports in a form of somebody's own, which is refused`)] : []),
    ...(verifiesTls
      ? []
      : [
          {
            ...found('tls', `${named} does not verify the certificate of ${tenant}'s endpoint`),
            gravity: 'access' as const,
          },
        ]),
  ];
}
