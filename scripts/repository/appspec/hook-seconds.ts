import { parseAppSpec } from './parse.ts';

/** CodeDeploy's limit of a script without `timeout`, and of all scripts of one event together. */
const limitSeconds = 3600;

/** How long all scripts of each event may take together, in seconds, for an AppSpec without faults. */
export function hookSeconds(appSpec: Uint8Array): Record<string, number> {
  const hooks = parseAppSpec('appspec.yml', appSpec).spec?.hooks ?? [];
  const sums: Record<string, number> = {};
  for (const { event, timeout = limitSeconds } of hooks) {
    sums[event] = Math.min((sums[event] ?? 0) + timeout, limitSeconds);
  }
  return sums;
}
