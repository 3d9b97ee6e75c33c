import { VendhostError } from '../../errors.ts';
import type { GitlabApi } from '../../gitlab/api.ts';
import { actorOf } from '../../gitlab/ci-context.ts';
import type { Output } from '../../output.ts';
import type { Runtime } from '../../runtime.ts';
import { refuse } from '../project-plan.ts';
import type { PlannedProjects } from '../projects/tenant-projects.ts';
import { type MarkedVend, vendMarked } from '../register/vend-marked.ts';
import { makeProject, requireMade } from '../setup/make-project.ts';
import { type Vending, type VendPlan, vendLines, withPlan } from '../vend-plan.ts';
import { finishProject, prepareProject, warnOfProject } from '../vend-project.ts';
import { vendSummary } from '../vend-summary.ts';
import type { OpenedVend } from './open-vend.ts';
import { projectsResult, stopsOf } from './show-vend.ts';
import type { Vended, VendOptions } from './vend-options.ts';

/** Vends, and marks each environment when all of it is done. */
export async function carryOutVend(
  runtime: Runtime,
  { tenant: name, free }: Pick<VendOptions, 'tenant' | 'free'>,
  opened: OpenedVend,
): Promise<Vended> {
  const { out } = runtime;
  const { gitlab, vendingsOf } = opened;
  const [first] = vendingsOf(opened.planned);
  if (first?.tenant.intake === 'webhook') {
    requirePerson(first);
    if (gitlab === undefined) throw webhookNeedsToken(stopsOf(opened.planned).path);
  }
  const planned = gitlab === undefined ? opened.planned : await makeReady(out, gitlab, opened);
  const stops = stopsOf(planned);
  refuse(stops);
  const vendings = vendingsOf(planned);
  const vended: MarkedVend[] = [];
  for (const [index, vending] of vendings.entries()) {
    const { environment } = vending.place;
    const title = `vend ${name} in ${environment}`;
    vended.push(
      await out.section(`vend_${name}_${environment}`, title, () =>
        withPlan(vending, async (prepared) => {
          if (hadWebhook(prepared.plan)) requirePerson(vending);
          for (const line of vendLines(prepared.plan, planned.length)) out.detail(line);
          return await vendMarked(vending, prepared, index === 0 ? free : undefined);
        }),
      ),
    );
  }
  for (const { plan } of planned) if (gitlab !== undefined) await finishProject(out, gitlab, plan);
  for (const { mark } of vended) await mark();
  const results = vended.map(({ result }) => result);
  const text = vendSummary(vendings, results).join('\n');
  return { value: { tenant: name, ...projectsResult(planned), environments: results }, text, stops, differs: false };
}

/** Creates missing projects, and does what comes before their roles; returns the plans of the rest. */
async function makeReady(
  out: Output,
  gitlab: GitlabApi,
  { planned: seen, look, vendingsOf }: OpenedVend,
): Promise<PlannedProjects> {
  refuse(stopsOf(seen));
  let planned = seen;
  if (seen.some(({ plan }) => plan.make !== undefined)) {
    // No project is made for a tenant that is refused.
    for (const vending of vendingsOf(seen)) await withPlan(vending, async () => undefined);
    for (const { plan } of seen) await makeProject(out, gitlab, plan);
    planned = await look();
    for (const { plan } of planned) {
      requireMade(plan);
      warnOfProject(out, plan);
    }
    refuse(stopsOf(planned));
  }
  for (const { plan } of planned) await prepareProject(out, gitlab, plan);
  // What was left out decides what the roles require.
  return planned.some(({ plan }) => plan.settings.some(({ when, optional }) => when === 'before' && optional))
    ? await look()
    : planned;
}

/** Its builds and secrets are in the entry stack. */
function hadWebhook({ formerWebhooks, leftWebhooks }: VendPlan): boolean {
  return formerWebhooks !== undefined || (leftWebhooks?.found.length ?? 0) > 0;
}

/** The roles of the platform's jobs can neither read tokens of tenants nor make builds and their roles. Throws `NOT_IN_A_JOB`. */
function requirePerson({ runtime, place: { environment, tenant }, chosen }: Vending): void {
  if (runtime.env.VENDHOST_ID_TOKEN === undefined) return;
  const { user } = actorOf(runtime.env);
  // No job knows who has rights in the account, but it knows who made the change.
  const whom =
    user === '' ? 'an administrator' : `@${user}, who started this pipeline, or an administrator whom they ask,`;
  const command = `vendhost tenant vend ${tenant} --environment ${environment} --protect-branches`;
  throw new VendhostError(
    'NOT_IN_A_JOB',
    `a job does not have the rights to vend ${tenant}, which has or had a webhook`,
    {
      hint: `${whom} runs by hand, with rights in account ${chosen.config.account} and VENDHOST_GITLAB_TOKEN (Maintainer, scope api): ${command}`,
    },
  );
}

function webhookNeedsToken(project: string): VendhostError {
  return new VendhostError('GITLAB_TOKEN_MISSING', `the webhook of ${project} needs a token of GitLab`, {
    hint: 'set VENDHOST_GITLAB_TOKEN (Maintainer, scope api)',
  });
}
