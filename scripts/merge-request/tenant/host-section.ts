import type { Place } from '../../config/names.ts';
import { applyChanges, type VendhostConfig } from '../../config/vendhost.ts';
import type { HealthCheckChange, HealthCheckUpdate } from '../../host/health/health-check.ts';
import type { HostImage } from '../../host/host-image.ts';
import type { InstanceRefresh } from '../../host/host-plan.ts';
import type { LaunchChange } from '../../host/instances/launch-changes.ts';
import type { Finding } from '../../report/report.ts';
import { counted } from '../../repository/findings.ts';
import { isBusy, readAnyStack, type StackState } from '../../stack/stack-state.ts';
import type { ApplyTime } from '../findings/database-effects.ts';
import type { SectionBody } from '../findings/planned-section.ts';
import { stackFindings } from '../findings/stack-findings.ts';
import { goneFinding, stateFindings } from '../findings/stack-states.ts';
import { type HostPreview, hostStacks, previewHost } from './host-preview.ts';
import type { TenantContext } from './tenant-context.ts';

/** What the push changes in the stacks of the virtual host, its health check and its instances. */
export async function hostBody(
  context: TenantContext,
  id: string,
  image: string | HostImage | undefined,
): Promise<SectionBody> {
  const { aws, place, config, inputs } = context;
  const stacks = hostStacks(place);
  const [data, host] = await Promise.all([readAnyStack(aws, stacks.data), readAnyStack(aws, stacks.host)]);
  const states = [...stateFindings(`${id}/data`, stacks.data, data), ...stateFindings(`${id}/host`, stacks.host, host)];
  if ([data, host].some((state) => state !== undefined && isBusy(state))) {
    return { summary: 'cannot be planned now', findings: states };
  }
  const gone = goneStacks(id, {
    place,
    config,
    data,
    host,
    released: inputs.deployed.released || inputs.deployed.group !== undefined,
  });
  const isFirst = data === undefined && host === undefined && gone.length === 0;
  if (isFirst && image === undefined) {
    return { summary: 'a first virtual host is made', findings: [firstHost(id, place)] };
  }
  const preview = await previewHost(context, id, image);
  const first = isFirst ? [firstHost(id, place)] : [];
  const findings = [
    ...states,
    ...gone,
    ...first,
    ...planFindings(id, preview, applyTime(place, config)),
    ...keptDatabase(id, config, data),
  ];
  const { plan } = preview;
  const planned = plan === undefined ? [] : [plan.data, plan.host].filter((update) => update !== undefined);
  return { summary: summaryOf(preview, isFirst), findings, stacks: planned };
}

function summaryOf({ reasons, plan }: HostPreview, isFirst: boolean): string {
  if (plan === undefined) return 'nothing changes';
  if (isFirst) return 'a first virtual host is made';
  const stacks = [plan.data, plan.host].filter((update) => update !== undefined && update.action !== 'none').length;
  const why = reasons.length === 1 ? reasons[0] : counted(reasons.length, 'reason');
  return `${stacks === 0 ? 'no stack changes' : `${counted(stacks, 'stack')} changed`} (${why})`;
}

function firstHost(id: string, { tenant, environment }: Place): Finding {
  const title = `${tenant} has no virtual host in ${environment} yet: the push makes the first one`;
  return { id: `${id}/first`, gravity: 'change', title };
}

interface PresentStacks {
  readonly place: Place;
  readonly config: VendhostConfig;
  readonly data: StackState | undefined;
  readonly host: StackState | undefined;
  /** CodeDeploy or Auto Scaling know the host. */
  readonly released: boolean;
}

function goneStacks(id: string, { place, config, data, host, released }: PresentStacks): Finding[] {
  const stacks = hostStacks(place);
  if (host === undefined && (data !== undefined || released)) {
    const others = data === undefined ? 'its instances are there' : `${stacks.data} is there`;
    return [goneFinding(`${id}/host`, stacks.host, others)];
  }
  // `HostParameters` of a host that had a database name it.
  if (data === undefined && host?.parameters.DatabaseAddress !== undefined && config.database !== 'none') {
    return [goneFinding(`${id}/data`, stacks.data, `${stacks.host} uses its database`)];
  }
  return [];
}

function applyTime({ environment }: Place, { database }: VendhostConfig): ApplyTime {
  return database === 'none' ? 'now' : applyChanges(database, environment);
}

function planFindings(id: string, { plan, refusals }: HostPreview, apply: ApplyTime): Finding[] {
  if (plan === undefined) return [];
  const { data, host, refresh, healthCheck } = plan;
  return [
    ...refusals,
    ...(data === undefined ? [] : stackFindings(`${id}/data`, data, { apply, isGuarded: true })),
    ...stackFindings(`${id}/host`, host),
    ...(refresh === undefined ? [] : refreshFindings(id, refresh)),
    ...healthCheckFindings(id, healthCheck),
  ];
}

function refreshFindings(id: string, refresh: InstanceRefresh): Finding[] {
  const { group, instances, replacement, changes, unfinished } = refresh;
  if (replacement === 'no') return [];
  if (instances === 0) {
    const title = `${group} has no instance; the next one starts from a newer version of the launch template`;
    return [{ id: `${id}/instances`, gravity: 'change', title, values: launchValues(changes) }];
  }
  const count = instances === 1 ? 'the instance' : `all ${instances} instances`;
  const be = replacement === 'maybe' ? 'may be' : instances === 1 ? 'is' : 'are';
  return [
    {
      id: `${id}/instances`,
      gravity: 'replacement',
      title: `${count} of ${group} ${be} replaced, each when a new one is healthy`,
      details: [
        "users notice nothing, because a new instance serves before an old one is removed; data on an instance's disk is lost",
        ...(unfinished === undefined
          ? []
          : [`the roll-out of version ${unfinished} failed or did not take place before`]),
      ],
      values: launchValues(changes),
    },
  ];
}

function launchValues(changes: readonly LaunchChange[]) {
  return changes.map(({ property, from, to, maybe }) => ({
    path: property,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? { to: maybe === true ? 'depends on a value that is not known yet' : 'changed' } : { to }),
  }));
}

function healthCheckFindings(id: string, update: HealthCheckUpdate): Finding[] {
  const { targetGroup, changes, afterRelease = [], others = [] } = update;
  const values = (all: readonly HealthCheckChange[]) =>
    all.map(({ setting, from, to }) => ({ path: setting, from, to }));
  const finding = (which: string, title: string, all: readonly HealthCheckChange[]): Finding[] =>
    all.length === 0 ? [] : [{ id: `${id}/health-check/${which}`, gravity: 'change', title, values: values(all) }];
  return [
    ...finding('now', `the health check of ${targetGroup} changes before the instances do`, changes),
    ...others.flatMap((other) =>
      finding(`now-${other.targetGroup}`, `the health check of ${other.targetGroup} becomes the same`, other.changes),
    ),
    ...finding('later', `the health check of ${targetGroup} changes when the release has succeeded`, afterRelease),
  ];
}

function keptDatabase(id: string, { database }: VendhostConfig, data: StackState | undefined): Finding[] {
  if (database !== 'none' || data === undefined) return [];
  const title =
    'vendhost.yml says `database: none`, but there is a database: it stays, and costs, until the platform team removes it';
  return [{ id: `${id}/kept-database`, gravity: 'change', title }];
}
