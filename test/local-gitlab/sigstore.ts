import { createHash, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import {
  fulcioHandler,
  type HandlerFn,
  initializeCA,
  initializeCTLog,
  initializeTLog,
  rekorHandler,
} from '@sigstore/mock';
import { TrustedRoot } from '@sigstore/protobuf-specs';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { Outages } from './outages.ts';

export interface LocalSigstore {
  /** Fulcio and Rekor, at one address. */
  readonly address: string;
  /** What its trusted root says of a bundle's JSON: whom the certificate names, and the statement. Throws what the verifier throws. */
  verify(bundle: string): { readonly identity: string; readonly issuer: string; readonly statement: string };
  /** Entries of its log. */
  readonly entries: readonly unknown[];
  readonly outages: Outages;
  stop(): Promise<void>;
}

/**
 * Sigstore's own mock of Fulcio and Rekor on loopback, which checks no ID token; and Sigstore's verifier with the keys of these. The
 * certificate names what Fulcio's has for a GitLab (https://github.com/sigstore/fulcio/blob/main/config/identity/config.yaml).
 */
export async function startLocalSigstore(): Promise<LocalSigstore> {
  const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const outages = new Outages();
  const entries: unknown[] = [];
  const answers = new Map<string, HandlerFn>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const path = request.url ?? '/';
    const outage = outages.take(`${request.method} ${path}`);
    if (outage !== undefined) {
      const { status, headers, text, body } = outage.answer;
      response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(text ?? JSON.stringify(body));
      return;
    }
    const made = await answers.get(path)?.(Buffer.concat(chunks).toString());
    const { statusCode = 404, response: text = '', contentType = 'text/plain' } = made ?? {};
    response.writeHead(statusCode, { 'content-type': contentType }).end(text);
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as { port: number }).port}`;

  const ctlog = await initializeCTLog(keys);
  const ca = await initializeCA(keys, ctlog);
  const tlog = await initializeTLog(address, keys);
  const named: typeof ca = {
    rootCertificate: ca.rootCertificate,
    issueCertificate: (options) =>
      ca.issueCertificate({ ...options, subjectAltName: `https://${options.subjectAltName}` }),
  };
  const fulcio = fulcioHandler(named, { subjectClaim: 'ci_config_ref_uri' });
  const rekor = rekorHandler({
    ...{ publicKey: tlog.publicKey, logV2: (entry) => tlog.logV2(entry) },
    log: async (proposed) => {
      const entry = kept(proposed as ProposedEntry);
      entries.push(entry);
      return await tlog.log(entry);
    },
  });
  for (const { path, fn } of [fulcio, rekor]) answers.set(path, fn);

  const authority = (logId: Uint8Array) => ({
    ...{ baseUrl: address, hashAlgorithm: 'SHA2_256', logId: { keyId: base64(logId) } },
    publicKey: {
      rawBytes: base64(tlog.publicKey),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor: { start: new Date(0).toISOString() },
    },
  });
  const root = TrustedRoot.fromJSON({
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: [authority(createHash('sha256').update(tlog.publicKey).digest())],
    ctlogs: [authority(bytesOf(ctlog.logID))],
    certificateAuthorities: [
      {
        certChain: { certificates: [{ rawBytes: base64(bytesOf(ca.rootCertificate)) }] },
        validFor: { start: new Date(0).toISOString() },
      },
    ],
  });
  const verifier = new Verifier(toTrustMaterial(root));

  return {
    address,
    entries,
    outages,
    verify(text) {
      const bundle: Bundle = bundleFromJSON(JSON.parse(text));
      const { identity } = verifier.verify(toSignedEntity(bundle));
      const { content } = bundle;
      return {
        identity: identity?.subjectAlternativeName ?? '',
        issuer: identity?.extensions?.issuer ?? '',
        statement: content.$case === 'dsseEnvelope' ? content.dsseEnvelope.payload.toString() : '',
      };
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface ProposedEntry {
  readonly spec: { readonly proposedContent: { readonly envelope: string; readonly verifiers: readonly string[] } };
}

/**
 * What Rekor keeps of a DSSE envelope: its hashes and signatures, not the payload. The mock would keep what was sent
 * (https://github.com/sigstore/rekor/blob/main/pkg/types/dsse/v0.0.1/entry.go).
 */
function kept({ spec }: ProposedEntry) {
  const { envelope, verifiers } = spec.proposedContent;
  const { payload, signatures } = JSON.parse(envelope) as { payload: string; signatures: readonly { sig: string }[] };
  const hash = (data: string | Buffer) => ({
    algorithm: 'sha256',
    value: createHash('sha256').update(data).digest('hex'),
  });
  return {
    ...{ apiVersion: '0.0.1', kind: 'dsse' },
    spec: {
      envelopeHash: hash(envelope),
      payloadHash: hash(Buffer.from(payload, 'base64')),
      signatures: signatures.map(({ sig }, index) => ({ signature: sig, verifier: verifiers[index] })),
    },
  };
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);
