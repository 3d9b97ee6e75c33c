import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, createRemoteJWKSet, jwtVerify } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { createIssuer, type IdTokenIssuer, serveDiscovery } from './tokens.ts';

const gitlab = 'https://gitlab.example.test';
const subject = { projectPath: 'acme/web/shop', ref: 'dev' };
let directory: string;
let issuer: IdTokenIssuer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'local-gitlab-tokens-'));
  issuer = await createIssuer({ issuer: gitlab, directory });
});

const verify = (token: string) =>
  jwtVerify(token, createLocalJWKSet(issuer.jwks), { issuer: gitlab, audience: gitlab });

test('a token verifies against the keys in the file, and names project and branch', async () => {
  const keys = createLocalJWKSet(JSON.parse(await readFile(issuer.jwksFile, 'utf8')));
  const token = await issuer.mint({ ...subject, environment: 'production' }, { audience: gitlab });
  const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer: gitlab, audience: gitlab });
  expect(protectedHeader).toMatchObject({ alg: 'RS256', kid: issuer.jwks.keys[0]?.kid });
  expect(payload).toMatchObject({
    sub: 'project_path:acme/web/shop:ref_type:branch:ref:dev',
    namespace_path: 'acme/web',
    ref_path: 'refs/heads/dev',
    ref_protected: 'true',
    environment: 'production',
    deployment_tier: 'production',
  });
});

test('a tag is not a branch', async () => {
  const { payload } = await verify(await issuer.mint({ ...subject, ref: 'v1', refType: 'tag' }, { audience: gitlab }));
  expect(payload.sub).toBe('project_path:acme/web/shop:ref_type:tag:ref:v1');
  expect(payload.environment).toBeUndefined();
});

test("a project's components make the subject; one the job has no claim for is left out", async () => {
  const subjectComponents = ['project_id', 'ref_type', 'ref', 'ref_protected', 'environment_protected'];
  const sub = async (more: object) => {
    const token = await issuer.mint({ ...subject, projectId: 20, subjectComponents, ...more }, { audience: gitlab });
    return (await verify(token)).payload.sub;
  };
  const start = 'project_id:20:ref_type:branch:ref:dev';
  expect(await sub({})).toBe(`${start}:ref_protected:true`);
  expect(await sub({ environment: 'dev', refProtected: false })).toBe(
    `${start}:ref_protected:false:environment_protected:false`,
  );
  expect(await sub({ environment: 'dev', environmentProtected: true })).toBe(
    `${start}:ref_protected:true:environment_protected:true`,
  );
});

test('no token is like another', async () => {
  const [one, two] = await Promise.all([1, 2].map(() => issuer.mint(subject, { audience: gitlab })));
  expect(one).not.toBe(two);
});

test('an expired token, a foreign audience and a foreign issuer are refused', async () => {
  const expired = await issuer.mint(subject, { audience: gitlab, lifetimeSeconds: -1 });
  await expect(verify(expired)).rejects.toThrow('"exp" claim timestamp check failed');
  await expect(verify(await issuer.mint(subject, { audience: 'other' }))).rejects.toThrow('unexpected "aud"');
  const foreign = await createIssuer({ issuer: gitlab, directory: join(directory, 'foreign') });
  await expect(verify(await foreign.mint(subject, { audience: gitlab }))).rejects.toThrow('no applicable key found');
});

test('claims can be replaced, to try what must be refused', async () => {
  const token = await issuer.mint(subject, {
    audience: gitlab,
    claims: { sub: 'project_path:evil/shop:ref_type:branch:ref:dev' },
  });
  expect((await verify(token)).payload.sub).toBe('project_path:evil/shop:ref_type:branch:ref:dev');
});

test('the discovery endpoint serves the keys until it is stopped', async () => {
  const endpoint = await serveDiscovery(issuer);
  const answer = await fetch(`${endpoint.address}/.well-known/openid-configuration`);
  const discovery = (await answer.json()) as { issuer: string; jwks_uri: string };
  const keys = createRemoteJWKSet(new URL(discovery.jwks_uri));
  const { payload } = await jwtVerify(await issuer.mint(subject, { audience: gitlab }), keys);
  expect(payload.iss).toBe(discovery.issuer);
  await endpoint.stop();
  await expect(fetch(discovery.jwks_uri)).rejects.toThrow('fetch failed');
});
