import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sign } from '../../../docker/release/sign.ts';
import { identityOf, isAbout, obstacle, type Signer, signerOf } from '../../../docker/release/signing.ts';
import { type LocalSigstore, startLocalSigstore } from '../../local-gitlab/sigstore.ts';
import { createIssuer } from '../../local-gitlab/tokens.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const statement = JSON.stringify({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ name: 'registry.example.com/vendhost', digest: { sha256: 'a'.repeat(64) } }],
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {},
});
const identity = 'https://gitlab.com/acme/vendhost//.gitlab-ci.yml@refs/tags/cut/1.2.3';

let sigstore: LocalSigstore;
let token: string;
let signer: Signer;
beforeAll(async () => {
  sigstore = await startLocalSigstore();
  const directory = await mkdtemp(join(tmpdir(), 'sign-test-'));
  const issuer = await createIssuer({ issuer: 'https://gitlab.com', directory });
  token = await issuer.mint(
    { projectPath: 'acme/vendhost', ref: 'cut/1.2.3', refType: 'tag' },
    { audience: 'sigstore' },
  );
  signer = { token, sigstore: { fulcio: sigstore.address, rekor: sigstore.address } };
});
afterAll(() => sigstore.stop());

test("a signed statement is what Sigstore's verifier takes, with the job's pipeline as who signed; the token is not in it", async () => {
  const bundle = await sign(statement, signer);
  expect(sigstore.verify(bundle)).toEqual({ identity, issuer: 'https://gitlab.com', statement });
  expect(JSON.parse(bundle)).toMatchObject({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    dsseEnvelope: { payloadType: 'application/vnd.in-toto+json' },
  });
  expect(bundle).not.toContain(token);
  expect(JSON.stringify(sigstore.entries)).not.toContain(token);
});

test('a statement or a log entry that was changed afterwards is refused', async () => {
  const bundle = JSON.parse(await sign(statement, signer)) as {
    dsseEnvelope: { payload: string };
    verificationMaterial: { tlogEntries: { canonicalizedBody: string }[] };
  };
  const other = Buffer.from(statement.replace('aaaa', 'bbbb')).toString('base64');
  const changed = { ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, payload: other } };
  expect(() => sigstore.verify(JSON.stringify(changed))).toThrow('hash mismatch');
  const another = JSON.parse(await sign(`${statement}\n`, signer)) as typeof bundle;
  const swapped = { ...bundle, verificationMaterial: another.verificationMaterial };
  expect(() => sigstore.verify(JSON.stringify(swapped))).toThrow('mismatch');
});

test('a bundle of another Sigstore is refused', async () => {
  const stranger = await startLocalSigstore();
  try {
    const bundle = await sign(statement, { token, sigstore: { fulcio: stranger.address, rekor: stranger.address } });
    expect(stranger.verify(bundle).identity).toBe(identity);
    expect(() => sigstore.verify(bundle)).toThrow();
  } finally {
    await stranger.stop();
  }
});

test.each([
  ['Fulcio', 'sign-in-page', /signingCert/, /^cannot sign: http:\S+: error creating signing certificate: .*JSON/],
  ['Fulcio', 'half-an-answer', /signingCert/, /^cannot sign: http:\S+: error creating signing certificate: .*JSON/],
  ['Rekor', 'sign-in-page', /entries/, /^cannot sign: http:\S+: error creating tlog entry: .*JSON/],
] as const)('%s with %s is named', async (_, kind, on, message) => {
  sigstore.outages.add({ kind, times: 1, on });
  await expect(sign(statement, signer)).rejects.toThrow(message);
  expect(sigstore.outages.left).toBe(0);
});

test('one that is busy is asked again; one that refuses is named with what it says', async () => {
  sigstore.outages.add({ kind: 'unavailable', times: 1, on: /signingCert/ });
  expect(sigstore.verify(await sign(statement, signer)).identity).toBe(identity);
  expect(sigstore.outages.left).toBe(0);
  const nobody = { token, sigstore: { fulcio: `${sigstore.address}/nobody`, rekor: sigstore.address } };
  await expect(sign(statement, nobody)).rejects.toThrow(
    `cannot sign: ${sigstore.address}/nobody: error creating signing certificate - (404) Not Found`,
  );
});

test('who signs, or why nobody does', () => {
  const own = { fulcio: 'https://fulcio.example.com', rekor: 'https://rekor.example.com' };
  const [gitlab, other] = ['https://gitlab.com', 'https://gitlab.example.com'];
  const tokenOf = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;
  const ofOther = tokenOf({ iss: other });
  const distrusted = {
    unsigned:
      "Sigstore's public instance takes ID tokens of https://gitlab.com, not of https://gitlab.example.com; --fulcio and --rekor name one of your own",
  };
  const missing = { unsigned: 'the job has no ID token, SIGSTORE_ID_TOKEN is empty' };
  const everybodys = { fulcio: 'https://fulcio.sigstore.dev', rekor: 'https://rekor.sigstore.dev' };
  const open = { server: gitlab, visibility: 'public', own: undefined };
  expect(signerOf(open, token)).toEqual({ token, sigstore: everybodys });
  expect(signerOf(open, undefined)).toEqual(missing);
  expect(signerOf({ ...open, own }, '')).toEqual(missing);
  expect(signerOf({ ...open, server: other }, undefined)).toEqual(distrusted);
  // The token says who issued it, wherever GitLab is.
  expect(signerOf(open, ofOther)).toEqual(distrusted);
  expect(signerOf({ server: other, visibility: 'private', own }, ofOther)).toEqual({ token: ofOther, sigstore: own });
  for (const wrong of ['nonsense', 'x.!.x', tokenOf({ sub: 'x' }), tokenOf([])])
    expect(() => signerOf({ ...open, own }, wrong)).toThrow(/^SIGSTORE_ID_TOKEN is no ID token/);
  // The names of a private project go into a public log only when somebody says so.
  const closed = { ...open, visibility: 'private' };
  const why = "the project is private, and Sigstore's log is public; --fulcio and --rekor name one to use";
  expect(signerOf(closed, token)).toEqual({ unsigned: why });
  expect(signerOf({ ...closed, own: everybodys }, token)).toEqual({ token, sigstore: everybodys });
  expect([obstacle(open), obstacle(closed)]).toEqual([undefined, why]);
  expect(obstacle({ ...open, visibility: undefined })).toMatch(/^the project is not known to be public/);
  expect(identityOf(gitlab, 'acme/vendhost', '.gitlab-ci.yml', '1.2.3')).toBe(identity);
});

test('a statement is about one image', () => {
  expect(isAbout(statement, digest)).toBe(true);
  expect(isAbout(statement, digest.replace('a', 'b'))).toBe(false);
  const { subject } = JSON.parse(statement) as { subject: object[] };
  expect(isAbout(JSON.stringify({ subject: [...subject, ...subject] }), digest)).toBe(false);
  expect(isAbout('{}', digest)).toBe(false);
});
