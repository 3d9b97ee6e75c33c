import { refusalOf } from '../../aws/refusal.ts';
import type { ReportSection } from '../../report/report.ts';
import type { DriftCheck, DriftContext } from '../checks.ts';
import { isIn } from '../shard.ts';
import { type Detection, detectDrift, isThrottled } from './detection.ts';
import { absentStacks, type FoundStack, findStacks } from './find-stacks.ts';
import { readResourceDrifts } from './read-drifts.ts';
import { readSecrets } from './secret-properties.ts';
import { absentSection, stackSection } from './stack-section.ts';
import { withoutSwitched } from './switched-rules.ts';
import { changerLookup } from './who.ts';

/** Every stack of the environment, or of the tenant, compared with its resources by CloudFormation's drift detection. */
export const stackCheck: DriftCheck = {
  id: 'stacks',
  title: 'Stacks',
  isSharded: true,
  async run(context) {
    const { runtime, environment, tenant, aws, shard } = context;
    const found = await findStacks(context);
    if (found.length === 0) return [nothingFound(context)];
    const absent = absentStacks(found, context)
      .filter((name) => isIn(shard, name))
      .map((name) => absentSection(environment, { name, tenant: tenant ?? tenantIn(found, name), found }));
    const stacks = found.filter(({ name }) => isIn(shard, name));
    runtime.out.step(`${environment}: ${stacks.length} stacks are compared with their resources`);
    const lookup = changerLookup(runtime, aws);
    const then = (stack: FoundStack, detection: Detection) => sectionOf(context, stack, detection, lookup);
    const sections = await detectDrift(runtime, aws, { stacks, then });
    return [...sections, ...absent].sort((a, b) => a.id.localeCompare(b.id));
  },
};

function tenantIn(found: readonly FoundStack[], name: string): string | undefined {
  return found.find(({ tenant, name: other }) => tenant !== undefined && withoutLayer(other) === withoutLayer(name))
    ?.tenant;
}

function withoutLayer(stack: string): string {
  return stack.replace(/-[a-z]+$/, '');
}

function nothingFound({ environment, tenant }: DriftContext): ReportSection {
  const who = tenant === undefined ? environment : `${tenant} in ${environment}`;
  const next =
    tenant === undefined
      ? `vendhost platform deploy --environment ${environment}`
      : `vendhost tenant vend ${tenant} --environment ${environment}`;
  const summary = `there is no stack of ${who}`;
  const id = `${environment}/stacks`;
  const finding = { id: `${id}/-`, gravity: 'unknown' as const, title: summary, next };
  return { id, title: `Stacks of ${who}`, summary, state: 'unknown', findings: [finding] };
}

async function sectionOf(
  { runtime, environment, aws }: DriftContext,
  stack: FoundStack,
  detection: Detection,
  lookup: ReturnType<typeof changerLookup>,
): Promise<ReportSection> {
  const nothing = { environment, stack, resources: [], isSecret: () => true, changers: new Map<string, string>() };
  if (detection.kind === 'unknown') return stackSection({ ...nothing, detection });
  try {
    const resources = withoutSwitched(environment, stack, await readResourceDrifts(aws, stack.id, detection.startedAt));
    const drifted = resources.filter(({ status }) => status === 'MODIFIED' || status === 'DELETED');
    const [isSecret, changers] = await Promise.all([readSecrets(aws, stack), lookup(drifted)]);
    return stackSection({ environment, stack, detection, resources, isSecret, changers });
  } catch (thrown) {
    runtime.signal.throwIfAborted();
    const reason = isThrottled(thrown) ? 'AWS throttles the account' : refusalOf(thrown, runtime)?.message;
    if (reason === undefined) throw thrown;
    return stackSection({ ...nothing, detection: { kind: 'unknown', reason } });
  }
}
