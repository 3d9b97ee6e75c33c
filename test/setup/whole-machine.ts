/** What the demo is run by. */
export interface Starter {
  /** `process.platform`. */
  readonly platform: string;
  /** User id; absent on Windows. */
  readonly uid: number | undefined;
}

/** Instances need root on Linux: why the demo cannot start here, with the line that runs it; `undefined` where it can. */
export function whyNoDemo({ platform, uid }: Starter): string | undefined {
  if (platform === 'linux' && uid === 0) return undefined;
  const has = platform === 'linux' ? `this is user ${uid}` : `this is ${platform}`;
  return `instances need root on Linux, and ${has}; with Docker (docs/demo.md): ${dockerLine}`;
}

/** As the README and docs/demo.md have it. */
export const dockerLine =
  'docker run --rm --privileged --volume "$PWD:/src:ro" node:24-bookworm bash /src/test/setup/demo-in-container.sh';
