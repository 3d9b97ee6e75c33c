import type { Environment } from '../../config/environment.ts';
import { readPlatformConfig } from '../../config/files.ts';
import { isFromFork } from '../../gitlab/merge-request.ts';
import type { Compared } from '../../platform/compare.ts';
import { planEnvironment } from '../../platform/plan/plan-platform.ts';
import { openTargets } from '../../platform/targets.ts';
import type { Finding } from '../../report/report.ts';
import { counted, onlyOf } from '../../repository/findings.ts';
import { checkPlatformRepository } from '../../repository/platform-repository.ts';
import type { Runtime } from '../../runtime.ts';
import { type PlannedSection, planSection, type SectionBody, unseenSection } from '../findings/planned-section.ts';
import { stackFindings } from '../findings/stack-findings.ts';
import { stateFindings } from '../findings/stack-states.ts';
import { repositoryFinding } from '../tenant/repository-section.ts';
import { platformHead, registerHead } from './platform-head.ts';
import { registerBody } from './register-section.ts';

export interface PlatformPlanOptions {
  readonly environment: Environment;
  /** Folder with `platform.yml`. */
  readonly directory: string;
}

/** What the push after a merge would do to the platform of an environment, and to its tenants. */
export async function platformSections(
  runtime: Runtime,
  { environment, directory }: PlatformPlanOptions,
): Promise<PlannedSection[]> {
  const checks = await planSection(runtime, { id: 'platform/checks', title: 'Configuration' }, async () => {
    const { files, findings } = await checkPlatformRepository(directory);
    const faults = onlyOf(findings, 'fault').length;
    const summary = `${counted(files, 'file')} checked, ${faults === 0 ? 'no fault' : counted(faults, 'fault')}`;
    return { summary, findings: findings.map((finding) => repositoryFinding('platform/checks', '', finding)) };
  });
  const [head, tenants] = [platformHead(environment), registerHead(environment)];
  if (isFromFork(runtime.env)) {
    const why = 'the merge request comes from a fork, whose pipelines get no credentials';
    return [checks, unseenSection(tenants, why), unseenSection(head, why)];
  }
  const register = await planSection(runtime, tenants, async () => {
    const platform = await readPlatformConfig(directory);
    const [target] = await openTargets(runtime, platform, environment, { purpose: 'plan' });
    if (target === undefined) throw new Error(`no target for ${environment}`);
    return await registerBody(runtime, platform, target, { directory, id: tenants.id });
  });
  const stacks = await planSection(runtime, head, () => environmentBody(runtime, { environment, directory }, head.id));
  return [checks, register, stacks];
}

async function environmentBody(
  runtime: Runtime,
  { environment, directory }: PlatformPlanOptions,
  id: string,
): Promise<SectionBody> {
  const platform = await readPlatformConfig(directory);
  const [target] = await openTargets(runtime, platform, environment, { purpose: 'plan', certificates: true });
  if (target === undefined) throw new Error(`no target for ${environment}`);
  const { account, region, compared } = await planEnvironment(runtime, platform, target, { details: true });
  const differing = compared.filter(({ asWanted }) => !asWanted);
  return {
    summary: `${differing.length === 0 ? 'no change' : `${counted(differing.length, 'stack')} changed`} in account ${account}, ${region}`,
    findings: compared.flatMap((each) => comparedFindings(`${id}/${each.plan.stack}`, each)),
    stacks: compared.map(({ plan }) => plan),
  };
}

function comparedFindings(id: string, { plan, deployed, asWanted, why }: Compared): Finding[] {
  const states = stateFindings(id, plan.stack, deployed);
  if (asWanted || states.some(({ gravity }) => gravity === 'unknown')) return states;
  if (why !== undefined)
    return [...states, { id: `${id}/why`, gravity: 'change', title: `${plan.stack} is updated: ${why}` }];
  return [...states, ...stackFindings(id, plan)];
}
