import { projectsOf, type TenantProject } from '../../../config/tenant.ts';
import { readTenantFiles } from '../../../platform/status/tenant-files.ts';
import type { Finding } from '../../../report/report.ts';
import type { DriftCheck } from '../../checks.ts';
import { recordsOf } from '../listeners.ts';
import { checkSection, howMany, notChecked, orNotChecked } from '../section.ts';
import { findProject } from './find-project.ts';
import { findWebhook } from './find-webhook.ts';
import { gitlabOf, readProjectState } from './read-project.ts';
import { readWebhookFacts } from './read-webhook.ts';

const check = { id: 'gitlab', title: 'GitLab settings' };

/** The tenants' projects in GitLab beside what vending set: variables, protected branches, the subject of ID tokens, the library, the webhook. */
export const gitlabCheck: DriftCheck = {
  ...check,
  async run(context) {
    const { runtime, platform, environment } = context;
    if (platform === undefined) return [];
    const gitlab = gitlabOf(runtime, platform.config);
    if (gitlab === undefined) {
      const next = 'set VENDHOST_GITLAB_TOKEN (Maintainer, scope api), or name this finding in the ignore file';
      const unread = notChecked('projects', 'there is no VENDHOST_GITLAB_TOKEN', next);
      return [checkSection(context, { ...check, count: 'no project' }, [unread])];
    }
    const [files = [], records] = await Promise.all([readTenantFiles(platform.directory), recordsOf(platform)]);
    // Who is not vended, or has no file that can be read, is named by the check of ownership.
    const vended = files.flatMap(({ tenant, config }) => {
      const record = records.find((each) => each.tenant === tenant)?.content;
      const isWanted = context.tenant === undefined || context.tenant === tenant;
      const isHere = config?.hosts[environment] !== undefined;
      return isWanted && isHere && record !== undefined ? [{ tenant, config, record }] : [];
    });
    const found: Finding[] = [];
    // One after the other: GitLab limits the requests of a token, and the projects of all environments are the same.
    const projects = vended.flatMap((each) => projectsOf(each.config).map((project) => ({ each, project })));
    for (const { each, project } of projects) {
      const look = async () => findProject(await readProjectState(gitlab, platform, each, project));
      const lookAtWebhook = async () => findWebhook(await readWebhookFacts(gitlab, context, each, project));
      const findings = [
        ...(await orNotChecked(context, each.tenant, look)),
        ...(each.config.intake === 'webhook'
          ? await orNotChecked(context, `${each.tenant}/webhook`, lookAtWebhook)
          : []),
      ];
      found.push(...findings.map((finding) => ofHalf(finding, each.tenant, project)));
    }
    return [checkSection(context, { ...check, count: howMany(projects.length, 'project') }, found)];
  },
};

/** Of two projects each has findings of its own, which an ignore file or an issue names by its half. */
function ofHalf(finding: Finding, tenant: string, { half }: TenantProject): Finding {
  if (half === undefined) return finding;
  return { ...finding, id: finding.id.replace(tenant, `${tenant}/${half}`) };
}
