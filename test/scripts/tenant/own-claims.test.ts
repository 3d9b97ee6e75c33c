import { expect, test } from 'vitest';
import { openAws } from '../../../scripts/aws/session.ts';
import { HostClaims } from '../../../scripts/tenant/host-claims.ts';
import { recorder } from '../../builders/recorder.ts';
import { refusal, wire } from '../wire.ts';

/** A bucket with these claims, host by host, which takes each write once as S3 does; `held` changes with it. */
async function bucketWith(held: Map<string, string>): Promise<HostClaims> {
  const listed = new Map<string, string>();
  const AWS_ENDPOINT_URL = await wire(undefined, async (call) => {
    const [, method, isListed, host = ''] = /^(\w+) .*?(\/tenants\/shop)?\/([^/]+)\.json/.exec(call.operation) ?? [];
    const objects = isListed === undefined ? held : listed;
    const tenant = objects.get(host);
    const headers = { etag: '"1"' };
    if (method === 'PUT' && tenant === undefined) {
      objects.set(host, 'shop');
      return { status: 200, headers, body: '' };
    }
    if (method === 'PUT') return { ...refusal(call, 'PreconditionFailed'), status: 412 };
    if (method === 'GET' && tenant !== undefined)
      return { status: 200, headers, body: JSON.stringify({ host, tenant }) };
    if (method === 'DELETE' && objects.delete(host)) return { status: 204, body: '' };
    return refusal(call, 'NoSuchKey');
  });
  const env = { AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID: '100000000001', AWS_SECRET_ACCESS_KEY: 'a secret key' };
  return new HostClaims(openAws(recorder({ ...env, AWS_REGION: 'eu-west-1' })), 'bucket', 'shop');
}

test('a host that another run of the same tenant claimed meanwhile is no loss', async () => {
  const held = new Map([['b.example.com', 'shop']]);
  await (await bucketWith(held)).claim(['a.example.com', 'b.example.com', 'c.example.com']);
  expect([...held.keys()].sort()).toEqual(['a.example.com', 'b.example.com', 'c.example.com']);
});

test('when another tenant claimed a host meanwhile, this run releases what it won, and no more', async () => {
  const held = new Map([
    ['b.example.com', 'shop'],
    ['c.example.com', 'blog'],
  ]);
  const claims = await bucketWith(held);
  await expect(claims.claim(['a.example.com', 'b.example.com', 'c.example.com'])).rejects.toMatchObject({
    code: 'HOST_TAKEN',
    details: ['c.example.com belongs to blog'],
  });
  expect(Object.fromEntries(held)).toEqual({ 'b.example.com': 'shop', 'c.example.com': 'blog' });
});
