import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type LocalGitlab, startLocalGitlab } from './api.ts';
import { type LocalRegistry, startLocalRegistry } from './registry.ts';

describe('packages and releases', () => {
  let gitlab: LocalGitlab;
  beforeAll(async () => {
    gitlab = await startLocalGitlab({ projects: ['acme/vendhost'] });
    gitlab.state.packages.isTag = async (_, tag) => tag === 'v1.0.0';
  });
  afterAll(() => gitlab.stop());

  async function call(method: string, path: string, body?: object | string, token = gitlab.developerToken) {
    const isFile = typeof body === 'string';
    const response = await fetch(`${gitlab.api}/projects/1/${path}`, {
      method,
      headers: { 'private-token': token, 'content-type': isFile ? 'application/octet-stream' : 'application/json' },
      ...(body === undefined ? {} : { body: isFile ? body : JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  }

  test('files: the later one of a name is given, both are listed', async () => {
    const file = 'packages/generic/files/1.0.0/a.json';
    expect(await call('PUT', file, 'one', gitlab.reporterToken)).toMatchObject({ status: 403 });
    expect(await call('GET', file)).toMatchObject({ status: 404 });
    for (const text of ['one', 'two']) expect(await call('PUT', file, text)).toMatchObject({ status: 201 });
    expect(await call('GET', file, undefined, gitlab.reporterToken)).toEqual({ status: 200, text: 'two' });
    const [found] = JSON.parse((await call('GET', 'packages?package_name=files')).text);
    expect(found).toMatchObject({ name: 'files', version: '1.0.0', package_type: 'generic' });
    expect(JSON.parse((await call('GET', `packages/${found.id}/package_files`)).text)).toHaveLength(2);
  });

  test('npm: a version is published once', async () => {
    const document = (version: string) => ({
      name: 'vendhost',
      versions: { [version]: {} },
      'dist-tags': { latest: version },
      _attachments: { [`vendhost-${version}.tgz`]: { data: Buffer.from('tar').toString('base64') } },
    });
    expect(await call('GET', 'packages/npm/vendhost')).toMatchObject({ status: 404 });
    expect(await call('PUT', 'packages/npm/vendhost', document('1.0'))).toMatchObject({ status: 400 });
    expect(await call('PUT', 'packages/npm/vendhost', document('1.0.0'))).toMatchObject({ status: 200 });
    expect(await call('PUT', 'packages/npm/vendhost', document('1.0.0'))).toMatchObject({ status: 403 });
    const shown = JSON.parse((await call('GET', 'packages/npm/vendhost')).text);
    expect(shown['dist-tags']).toEqual({ latest: '1.0.0' });
  });

  test('releases: of a tag, once; links have a name and an address of their own', async () => {
    const release = { tag_name: 'v1.0.0', description: 'text' };
    expect(await call('POST', 'releases', {})).toEqual({ status: 400, text: '{"error":"tag_name is missing"}' });
    expect(await call('POST', 'releases', { tag_name: 'v9.0.0' })).toMatchObject({ status: 400 });
    expect(await call('POST', 'releases', release, gitlab.guestToken)).toMatchObject({ status: 403 });
    expect(await call('POST', 'releases', release)).toMatchObject({ status: 201 });
    expect(await call('POST', 'releases', release)).toMatchObject({ status: 409 });
    expect(await call('PUT', 'releases/v1.0.0', { description: 'more' })).toMatchObject({ status: 200 });
    const link = { name: 'sbom', url: 'https://files.example.com/sbom' };
    expect(await call('POST', 'releases/v1.0.0/assets/links', link)).toMatchObject({ status: 201 });
    expect(await call('POST', 'releases/v1.0.0/assets/links', link)).toMatchObject({ status: 400 });
    const [{ id }] = JSON.parse((await call('GET', 'releases/v1.0.0/assets/links')).text);
    await call('PUT', `releases/v1.0.0/assets/links/${id}`, { url: 'https://files.example.com/other' });
    expect(JSON.parse((await call('GET', 'releases/v1.0.0')).text)).toMatchObject({
      description: 'more',
      links: [{ name: 'sbom', url: 'https://files.example.com/other' }],
    });
    expect(await call('GET', 'releases/v2.0.0')).toMatchObject({ status: 404 });
  });
});

describe('the registry', () => {
  let registry: LocalRegistry;
  beforeAll(async () => {
    registry = await startLocalRegistry({ user: 'job', password: 'secret' });
  });
  afterAll(() => registry.stop());

  const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
  async function call(method: string, path: string, body?: string, password = 'secret') {
    const authorization = `Basic ${Buffer.from(`job:${password}`).toString('base64')}`;
    const response = await fetch(`http://${registry.host}/v2/${path}`, {
      method,
      headers: { authorization },
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, text: await response.text(), location: response.headers.get('location') };
  }

  test('wants its login, and everything that a manifest names', async () => {
    expect(await call('GET', '', undefined, 'wrong')).toMatchObject({ status: 401 });
    expect(await call('GET', '')).toMatchObject({ status: 200 });
    const manifest = JSON.stringify({ config: { digest: digestOf('config') } });
    expect(await call('PUT', 'acme/a/manifests/1', manifest)).toMatchObject({ status: 400 });
    const { location } = await call('POST', 'acme/a/blobs/uploads/', '');
    const upload = String(location).replace('/v2/', '');
    expect(await call('PUT', `${upload}?digest=${digestOf('other')}`, 'config')).toMatchObject({ status: 400 });
    const again = String((await call('POST', 'acme/a/blobs/uploads/', '')).location).replace('/v2/', '');
    expect(await call('PUT', `${again}?digest=${digestOf('config')}`, 'config')).toMatchObject({ status: 201 });
    expect(await call('PUT', `acme/a/manifests/${digestOf('other')}`, manifest)).toMatchObject({ status: 400 });
    expect(await call('PUT', 'acme/a/manifests/1', manifest)).toMatchObject({ status: 201 });
    expect(registry.tags('acme/a')).toEqual({ 1: digestOf(manifest) });
    const list = JSON.stringify({ manifests: [{ digest: digestOf('nothing') }] });
    expect(await call('PUT', 'acme/a/manifests/2', list)).toMatchObject({ status: 400 });
    expect(await call('GET', 'acme/b/manifests/1')).toMatchObject({ status: 404 });
  });
});
