import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { judgeIssuer, readIssuer } from '../../../scripts/platform/issuer.ts';
import { type PlatformRepository, platformRepository } from '../../builders/platform-repository.ts';
import { createIssuer, serveDiscovery } from '../../local-gitlab/tokens.ts';
import { errorIn, vendhost } from '../command-line.ts';
import { refusal, wire } from '../wire.ts';

// A command loads the CDK.
vi.setConfig({ testTimeout: 60_000 });
const gitlab = 'https://gitlab.example.test';
const issuer = 'https://tokens.example.test';
const good = { issuer, keys: 2, addresses: ['203.0.113.7'] };

describe('what an issuer answers', () => {
  const own = { gitlab, issuer };

  test('is read, and what that does not show is said', () => {
    expect(judgeIssuer(own, good)).toEqual({
      faults: [],
      warnings: [],
      read: `issuer ${issuer}: configuration and 2 keys can be read from here; AWS reads them from the internet, which this run cannot see`,
    });
  });

  test.each<[string, object, string]>([
    ['another issuer', { issuer: gitlab }, `its configuration names the issuer ${gitlab}, platform.yml ${issuer}`],
    ['a slash more', { issuer: `${issuer}/` }, `its configuration names the issuer ${issuer}/, platform.yml ${issuer}`],
    ['no issuer', { issuer: undefined }, `its configuration names the issuer nobody, platform.yml ${issuer}`],
    ['no keys', { keys: 0 }, 'it publishes no keys at jwks_uri'],
  ])('%s: a fault', (_what, change, fault) => {
    expect(judgeIssuer(own, { ...good, ...change })).toEqual({ faults: [fault], warnings: [], read: undefined });
  });

  test('nothing: a warning, which names the key to set', () => {
    const said = (platform: typeof own) => judgeIssuer(platform, { unread: 'getaddrinfo ENOTFOUND' });
    const start = (address: string) =>
      `cannot read ${address}/.well-known/openid-configuration and its keys from here: getaddrinfo ENOTFOUND; AWS must be able to: `;
    const wayOut = 'where GitLab cannot be reached from the internet, set issuer in platform.yml (docs/gitlab.md)';
    expect(said({ gitlab, issuer: gitlab })).toEqual({
      faults: [],
      warnings: [start(gitlab) + wayOut],
      read: undefined,
    });
    expect(said(own).warnings).toEqual([`${start(issuer)}publish both at issuer for everybody`]);
  });

  test.each([
    [['10.1.2.3'], true],
    [['192.168.0.1', 'fd00::1'], true],
    [['127.0.0.1', '::1'], true],
    [['10.1.2.3', '203.0.113.7'], false],
    [['203.0.113.7', '2001:db8::1'], false],
    [[], false],
  ])('from %j, where AWS does not come: %s', (addresses, isInside) => {
    const { warnings, faults } = judgeIssuer(own, { ...good, addresses });
    const inside = `${issuer} is at ${addresses.join(', ')} here, where AWS does not come: publish both at issuer for everybody`;
    expect({ warnings, faults }).toEqual({ warnings: isInside ? [inside] : [], faults: [] });
  });
});

/** An issuer's configuration and keys at an address of this machine; `fetch` finds them where the issuer says they are. */
async function published(address: string, at = address) {
  const directory = await mkdtemp(join(tmpdir(), 'vendhost-issuer-'));
  const endpoint = await serveDiscovery(await createIssuer({ issuer: address, directory }));
  onTestFinished(async () => {
    vi.restoreAllMocks();
    await endpoint.stop();
  });
  const real = globalThis.fetch;
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const asked = String(input);
    if (asked.startsWith(endpoint.address)) return real(asked, init);
    if (asked.startsWith(`${at}/`)) return real(asked.replace(at, endpoint.address), init);
    return Promise.reject(new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND') }));
  });
  return endpoint;
}

describe('reading', () => {
  const { signal } = new AbortController();

  test('takes the configuration, and the keys that it names', async () => {
    const { address } = await published(issuer);
    expect(await readIssuer(issuer, signal)).toEqual({ issuer, keys: 1, addresses: [] });
    expect(await readIssuer(address, signal)).toEqual({ issuer, keys: 1, addresses: ['127.0.0.1'] });
  });

  test('says why not', async () => {
    const { address } = await published(issuer);
    expect(await readIssuer('https://nobody.example.test', signal)).toEqual({ unread: 'getaddrinfo ENOTFOUND' });
    const below = `${address}/below`;
    expect(await readIssuer(below, signal)).toEqual({
      unread: `${below}/.well-known/openid-configuration answers 404`,
    });
  });

  test('ends with the command', async () => {
    await published(issuer);
    await expect(readIssuer('https://nobody.example.test', AbortSignal.abort(new Error('stop')))).rejects.toThrow(
      'stop',
    );
  });
});

describe('platform deploy', () => {
  const account = '100000000001';
  let repository: PlatformRepository;
  beforeEach(async () => {
    repository = await platformRepository(account);
  });

  /** Deploys into an account that knows its certificate and refuses all else. */
  async function deploy(...words: string[]) {
    const calls: string[] = [];
    const answers: Record<string, string> = {
      GetCallerIdentity: `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
      DescribeCertificate: JSON.stringify({
        Certificate: { Status: 'ISSUED', SubjectAlternativeNames: ['dev.example.com', '*.dev.example.com'] },
      }),
    };
    const AWS_ENDPOINT_URL = await wire(undefined, async (call) => {
      calls.push(call.operation);
      const body = answers[call.operation];
      return body === undefined ? refusal(call, 'AccessDenied', 'no') : { status: 200, body };
    });
    const env = { AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID: account, AWS_SECRET_ACCESS_KEY: 'secret' };
    const line = ['platform', 'deploy', '--environment', 'dev', ...words];
    return { ...(await vendhost(line, { env, cwd: repository.directory })), calls };
  }

  test('refuses an issuer whose tokens AWS would refuse, before anything is changed', async () => {
    await published(gitlab, issuer);
    await repository.writePlatform({}, { issuer });
    const ended = await deploy();
    expect([ended.code, errorIn(ended)]).toEqual([1, 'ISSUER_WRONG']);
    expect(ended.stderr).toContain(`its configuration names the issuer ${gitlab}, platform.yml ${issuer}`);
    expect(ended.calls).toEqual(['GetCallerIdentity', 'DescribeCertificate']);
  });

  test('says that the issuer could be read, and by whom', async () => {
    await published(gitlab);
    const ended = await deploy();
    expect(ended.stderr).toMatch(new RegExp(`^issuer ${gitlab}: .* which this run cannot see$`, 'm'));
    expect(errorIn(ended)).toBe('ACCESS_DENIED');
  });

  test('goes on with a warning when nobody answers; layers that trust nobody do not ask', async () => {
    await published(issuer);
    const { stderr } = await deploy();
    expect(stderr).toContain(`warning: cannot read ${gitlab}/.well-known/openid-configuration`);
    expect((await deploy('--layer', 'network')).stderr).not.toContain('openid-configuration');
  });
});
