import { readFileSync } from 'node:fs';

/** What the demo is run by. */
export interface Starter {
  /** `process.platform`. */
  readonly platform: string;
  /** User id; absent on Windows. */
  readonly uid: number | undefined;
  /** How many user ids there are in its user namespace. */
  readonly users: number;
  /** Whether it may mount. */
  readonly mayMount: boolean;
}

/** Instances need root on Linux: why the demo cannot start here, with the line that runs it; `undefined` where it can. */
export function whyNoDemo(starter: Starter): string | undefined {
  const has = whatIsMissing(starter);
  return has && `instances need root on Linux, and ${has}; with Docker (docs/demo.md): ${dockerLine}`;
}

/** Root of a container or of a user namespace may be less than root: instances have users of their own, and disks. */
function whatIsMissing({ platform, uid, users, mayMount }: Starter): string | undefined {
  if (platform !== 'linux') return `this is ${platform}`;
  if (uid !== 0) return `this is user ${uid}`;
  if (!mayMount) return 'this root may not mount anything';
  return users === 1 ? 'this is root of a user namespace that has no other user' : undefined;
}

/** Who runs this process. */
export function thisStarter(): Starter {
  const starter = { platform: process.platform, uid: process.getuid?.() };
  if (process.platform !== 'linux') return { ...starter, users: 0, mayMount: false };
  // Lines of first id, first id outside, number of ids: https://man7.org/linux/man-pages/man7/user_namespaces.7.html
  const ranges = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n');
  const users = ranges.reduce((sum, range) => sum + Number(range.trim().split(/\s+/)[2] ?? 0), 0);
  return { ...starter, users, mayMount: (effectiveRights() & capSysAdmin) !== 0n };
}

/** https://man7.org/linux/man-pages/man7/capabilities.7.html */
const capSysAdmin = 1n << 21n;

function effectiveRights(): bigint {
  const found = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return BigInt(`0x${found ?? '0'}`);
}

/** As the README and docs/demo.md have it. */
export const dockerLine =
  'docker run --rm --privileged --volume "$PWD:/src:ro" node:24-bookworm bash /src/test/setup/demo-in-container.sh';
