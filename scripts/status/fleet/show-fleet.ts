import { environmentOf, readPlatformConfig } from '../../config/files.ts';
import type { PlatformConfig } from '../../config/platform.ts';
import type { EnvironmentFault } from '../../platform/each.ts';
import { type EnvironmentChoice, openReachable } from '../../platform/targets.ts';
import { writeReportFile } from '../../report/write-report.ts';
import type { Runtime } from '../../runtime.ts';
import { fleetPage } from './fleet-page.ts';
import type { FleetSnapshot } from './fleet-snapshot.ts';
import { type FleetView, fleetLines, fleetView } from './fleet-view.ts';
import { readCosts } from './read-costs.ts';
import { readFleet } from './read-fleet.ts';

export interface FleetOptions {
  /** Folder with `platform.yml`. */
  readonly directory: string;
  readonly environment: EnvironmentChoice;
  /** File for the HTML page. */
  readonly page: string | undefined;
}

/**
 * Shows every tenant of the environments. Its exit code says whether it could read them, not what it found: a page that is not published when
 * something is wrong is useless. Only reads.
 */
export async function showFleet(runtime: Runtime, { directory, environment, page }: FleetOptions): Promise<undefined> {
  const platform = await readPlatformConfig(directory);
  const { targets, unreached } = await openReachable(runtime, platform, environment);
  const [fleet, bills] = await Promise.all([
    Promise.all(targets.map((target) => readFleet(runtime, target))),
    readCosts(runtime, targets),
  ]);
  const snapshots = fleet.map((snapshot): FleetSnapshot => {
    const costs = bills.get(snapshot.environment);
    return costs === undefined ? snapshot : { ...snapshot, costs };
  });
  const lost = unreached.map((fault) => unknownSnapshot(platform, fault));
  const view = masked(fleetView([...snapshots, ...lost]), (text) => runtime.out.masked(text));
  await writeReportFile(runtime, page, () => fleetPage(view, factsOf(runtime, view)));
  runtime.out.result({ ...view }, fleetLines(view).join('\n'));
  return undefined;
}

/** An environment whose account could not be opened: it is shown, and nothing of it is known. */
function unknownSnapshot(platform: PlatformConfig, { environment, error }: EnvironmentFault): FleetSnapshot {
  const { account, region, costs } = environmentOf(platform, environment);
  const part = { unknown: `${error.code}: ${error.message}` };
  const lists = { tenants: part, stacks: part, groups: part, alarms: part, images: part };
  return { environment, account, region, at: Date.now(), ...lists, releases: {}, ...(costs ? { costs: part } : {}) };
}

function factsOf({ env }: Runtime, { at }: FleetView): Record<string, string> {
  const facts = { Project: env.CI_PROJECT_PATH, Pipeline: env.CI_PIPELINE_URL, Read: at };
  return Object.fromEntries(Object.entries(facts).filter((fact): fact is [string, string] => fact[1] !== undefined));
}

/** The same value with all texts in it masked, before any is cut. */
function masked<T>(value: T, mask: (text: string) => string): T {
  if (typeof value === 'string') return mask(value) as T;
  if (Array.isArray(value)) return value.map((each) => masked(each, mask)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, masked(each, mask)])) as T;
}
