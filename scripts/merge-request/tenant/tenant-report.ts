import { withPlanRole } from '../../aws/plan-role.ts';
import { openAws } from '../../aws/session.ts';
import { readVendhostConfig } from '../../config/files.ts';
import type { Place } from '../../config/names.ts';
import type { Half } from '../../config/tenant.ts';
import { isFromFork } from '../../gitlab/merge-request.ts';
import { readHostInputs } from '../../host/plan/provision-inputs.ts';
import { prepareBake } from '../../image/bake/prepare.ts';
import { halfOf } from '../../repository/half/half-of.ts';
import type { Runtime } from '../../runtime.ts';
import {
  asSection,
  type PlannedSection,
  planSection,
  type SectionHead,
  skippedSection,
  unseenSection,
} from '../findings/planned-section.ts';
import { hostBody } from './host-section.ts';
import { forecastImage, type ImageForecast } from './image-section.ts';
import { limitsBody } from './limits-section.ts';
import { releaseBody } from './release-section.ts';
import { repositorySection } from './repository-section.ts';
import type { TenantContext } from './tenant-context.ts';
import { trafficBody } from './traffic-section.ts';

export interface TenantPlanOptions {
  readonly place: Place;
  /** The tenant's files. */
  readonly directory: string;
}

/** All sections on a tenant in one environment. Each foreseen error is a finding; only bugs are thrown. */
export async function tenantSections(runtime: Runtime, options: TenantPlanOptions): Promise<PlannedSection[]> {
  const heads = headsOf(options.place);
  const half = await halfOf(runtime, runtime.cwd);
  const repository = repositorySection(runtime, heads.repository.id, options.directory, half);
  // Awaited below; this keeps an earlier rejection from being unhandled.
  repository.catch(() => undefined);
  if (isFromFork(runtime.env)) {
    return [await repository, unseenSection(heads.tenant, ...forkWithout), ...skippedSections(heads, half)];
  }
  const inAws = await awsSections(runtime, options, heads, half);
  return [await repository, ...inAws];
}

const forkWithout = [
  'the merge request comes from a fork, whose pipelines get no credentials',
  'a member of the project pushes the branch to the project itself, and opens the merge request from there',
] as const;

type Heads = ReturnType<typeof headsOf>;

function headsOf({ environment, tenant }: Place) {
  const head = (id: string, title: string): SectionHead => ({
    id: `${environment}/${tenant}/${id}`,
    title: `${environment}: ${title}`,
  });
  return {
    repository: { id: `${environment}/${tenant}/checks`, title: 'Configuration, AppSpec and scripts' },
    tenant: head('tenant', 'the tenant'),
    limits: head('limits', 'limits of the tenant'),
    image: head('image', 'image'),
    host: head('host', 'virtual host'),
    traffic: head('traffic', 'hosts and priority'),
    release: head('release', 'release'),
  };
}

async function awsSections(
  runtime: Runtime,
  { place, directory }: TenantPlanOptions,
  heads: Heads,
  half: Half | undefined,
): Promise<PlannedSection[]> {
  const opened: { context?: TenantContext } = {};
  const tenant = await planSection(runtime, heads.tenant, async () => {
    const config = await readVendhostConfig(directory);
    const own = withPlanRole(runtime, place);
    const aws = openAws(own);
    const prepared = half === 'software' ? undefined : prepareBake(own, aws, place, directory);
    // Awaited by the section on the image; this keeps an earlier rejection from being unhandled.
    prepared?.catch(() => undefined);
    const inputs = await readHostInputs(aws, place);
    opened.context = { runtime: own, aws, place, directory, config, inputs, prepared, half };
    return { summary: `vended to ${opened.context.inputs.record.hosts.join(', ')}`, findings: [] };
  });
  const { context } = opened;
  if (context === undefined) return [tenant, ...skippedSections(heads, half)];
  const traffic = () => planSection(runtime, heads.traffic, () => trafficBody(context, heads.traffic.id));
  const release = () => planSection(runtime, heads.release, () => releaseBody(context, heads.release.id));
  if (half === 'software') return [tenant, await release()];
  const rest = await Promise.all([
    imageAndHost(context, heads),
    traffic(),
    ...(half === 'infrastructure' ? [] : [release()]),
  ]);
  const limits = asSection(heads.limits, limitsBody(context, heads.limits.id));
  return [{ section: limits, stacks: [] }, ...rest.flat()];
}

/** All that are about what is deployed: without a section it would look as if its findings had disappeared. */
function skippedSections(
  { tenant, limits, image, host, traffic, release }: Heads,
  half: Half | undefined,
): PlannedSection[] {
  const machine = half === 'software' ? [] : [limits, image, host, traffic];
  return [...machine, ...(half === 'infrastructure' ? [] : [release])].map((head) => skippedSection(head, tenant));
}

/** The host is planned with the image that the push would give it; if that is not known, with its present one. */
async function imageAndHost(context: TenantContext, heads: Heads): Promise<PlannedSection[]> {
  const { runtime } = context;
  let forecast: ImageForecast | undefined;
  const image = await planSection(runtime, heads.image, async () => {
    forecast = await forecastImage(context, heads.image.id);
    return forecast;
  });
  const isFirst = context.inputs.deployed.host === undefined;
  if (forecast === undefined && isFirst) {
    return [image, unseenSection(heads.host, 'there is no virtual host yet, and its image cannot be forecast')];
  }
  return [image, await planSection(runtime, heads.host, () => hostBody(context, heads.host.id, forecast?.image))];
}
