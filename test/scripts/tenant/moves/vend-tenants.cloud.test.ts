import { beforeAll, expect, test, vi } from 'vitest';
import { Cancelled } from '../../../../scripts/errors.ts';
import { readStandingRules } from '../../../../scripts/listener/listener-rules.ts';
import { readHolders } from '../../../../scripts/tenant/host-claims.ts';
import { cloudAccount } from '../../../builders/account.ts';
import { makePlatform, type Platform } from '../../../builders/platform.ts';
import { type PlatformRepository, platformRepository } from '../../../builders/platform-repository.ts';
import { type Ended, errorIn, vendhost } from '../../command-line.ts';
import { justBefore, type Meddler, wire } from '../../wire.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const account = '177000000001';
const blog = 'blog.dev.example.com';
const shop = 'shop.dev.example.com';
const www = 'www.dev.example.com';
/** Most calls between the update that takes a host's rule away and the one that brings it back, both not counted. */
const mostCallsWithoutRule = 11;
let platform: Platform;
let repository: PlatformRepository;

beforeAll(async () => {
  platform = await makePlatform(cloudAccount(account), { network: true, balancers: 1 });
  repository = await platformRepository(account);
});

async function files(hosts: Readonly<Record<string, readonly string[]>>): Promise<void> {
  for (const [tenant, dev] of Object.entries(hosts)) {
    await repository.writeTenant(tenant, { project: `acme/${tenant}`, hosts: { dev } });
  }
}

/** Vends tenants, while somebody meddles between two calls, or listens. */
async function vend(tenants: string, meddle?: Meddler, signal = new AbortController().signal): Promise<Ended> {
  const address = meddle === undefined ? {} : { AWS_ENDPOINT_URL: await wire(platform.endpoint, meddle) };
  const words = ['tenant', 'vend', ...tenants.split(' '), '--environment', 'dev'];
  return await vendhost(words, { env: { ...platform.env, ...address }, cwd: repository.directory, signal });
}

/** Host → target group without the end of its name, of the rules; and host → tenant, of the claims. */
async function served(): Promise<{ rules: Record<string, string>; claims: Record<string, string> }> {
  const rules = await readStandingRules(platform.aws, platform.listeners[0] ?? '');
  const leads = rules.flatMap(({ hosts, targetGroups: [group = ''] }) =>
    hosts.map((host) => [host, group.replace(/^vendhost-dev-|--.*$/g, '')]),
  );
  const claims = await readHolders(platform.aws, platform.bucket, [blog, shop, www]);
  return { rules: Object.fromEntries(leads), claims: Object.fromEntries(claims) };
}

const both = (owners: Record<string, string>) => ({ rules: owners, claims: owners });

// One story: each test continues from the previous one.
test('the receiving tenant alone is refused, and the error names the command that moves the host', async () => {
  await files({ blog: [blog, www], shop: [shop] });
  expect((await vend('blog,shop')).code).toBe(0);
  await files({ blog: [blog], shop: [shop, www] });
  const refused = await vend('shop');
  expect([refused.code, errorIn(refused)]).toEqual([1, 'HOST_TAKEN']);
  expect(refused.stderr).toContain('vend them together: vendhost tenant vend blog,shop');
  expect(await served()).toEqual(both({ [blog]: 'blog', [www]: 'blog', [shop]: 'shop' }));
});

test('a dry run shows what each of the two will do', async () => {
  const planned = await vend('shop,blog --dry-run');
  expect(planned.code).toBe(2);
  expect(planned.stderr).toContain(`${www} in dev moves from blog to shop`);
  const lines = planned.stdout.split('\n').filter((line) => line.includes(www) && line.includes('host '));
  expect(lines.map((line) => line.trim())).toEqual([`host ${www}: claim`, `host ${www}: release`]);
});

test('both at once: the host is released, then claimed, with few calls between the rules', async () => {
  const calls: string[] = [];
  const listen: Meddler = async (call, next) => {
    const stack = new URLSearchParams(call.body).get('StackName') ?? '';
    calls.push(/^(Create|Update)Stack$|^ExecuteChangeSet$/.test(call.operation) ? `deploy ${stack}` : call.operation);
    return await next();
  };
  expect((await vend('shop,blog', listen)).code).toBe(0);
  expect(await served()).toEqual(both({ [blog]: 'blog', [www]: 'shop', [shop]: 'shop' }));
  const given = calls.findIndex((call) => call.includes('blog-entry'));
  const taken = calls.findIndex((call) => call.includes('shop-entry') && call.startsWith('deploy'));
  // How often CloudFormation is asked whether it has ended depends on how long it takes.
  const between = calls.slice(given + 1, taken).filter((call) => !/^DescribeStack/.test(call));
  expect(between.length, between.join('\n')).toBeLessThanOrEqual(mostCallsWithoutRule);
});

test('two tenants swap all their hosts, although the first run is stopped in between', async () => {
  await files({ blog: [shop], shop: [blog, www] });
  const stop = new AbortController();
  const cancel = justBefore(/^PUT .*claims\/hosts\/blog/, async () => stop.abort(new Cancelled('SIGTERM')));
  expect((await vend('blog,shop', cancel, stop.signal)).code).toBe(143);
  expect((await served()).rules).toEqual({ [shop]: 'shop', [www]: 'shop' });
  expect((await vend('blog,shop')).code).toBe(0);
  expect(await served()).toEqual(both({ [blog]: 'shop', [www]: 'shop', [shop]: 'blog' }));
  expect((await vend('blog,shop --dry-run')).code).toBe(0);
});
