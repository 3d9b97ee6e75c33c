import { beforeAll, describe, expect, test } from 'vitest';
import { type ProvisionOptions, provisionHost } from '../../../scripts/host/provision.ts';
import { readRules } from '../../../scripts/listener/rules.ts';
import { type HostPlatform, hostPlatform, tenantDirectory } from './platform.ts';

const environment = 'dev';
let platform: HostPlatform;

beforeAll(async () => {
  platform = await hostPlatform('100000000303');
});

async function provision(tenant: string, vendhostYml: string, options: Partial<ProvisionOptions> = {}) {
  const runtime = platform.runtime();
  const directory = options.directory ?? (await tenantDirectory(vendhostYml));
  const code = await provisionHost(runtime, {
    tenant,
    environment,
    directory,
    image: undefined,
    dryRun: false,
    ...options,
  });
  return { code, result: JSON.parse(runtime.printed()), progress: runtime.progress() };
}

describe('a virtual host', () => {
  test('is planned, made, left alone, and changed', async () => {
    await platform.admit('shop');
    const image = await platform.image('shop');
    const yml = 'instances: { min: 0, max: 1 }';

    const planned = await provision('shop', yml, { image, dryRun: true });
    expect(planned).toMatchObject({ code: 2, result: { priority: 1, changed: true } });
    expect(await readRules(platform.aws, platform.listenerArn)).toEqual([]);

    const made = await provision('shop', yml, { image });
    expect(made.result).toMatchObject({ pipeline: 'vendhost-dev-shop', priority: 1, changed: true });
    expect(await readRules(platform.aws, platform.listenerArn)).toEqual([
      { priority: 1, targetGroups: ['vendhost-dev-shop-8080'] },
    ]);

    const again = await provision('shop', yml);
    expect(again.result).toMatchObject({ priority: 1, changed: false, imageId: image });
    expect(await provision('shop', yml, { dryRun: true })).toMatchObject({
      code: undefined,
      result: { changed: false },
    });
  });
});
