import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Outages } from './outages.ts';

export interface LocalRegistry {
  /** `127.0.0.1:PORT`, for names of images. */
  readonly host: string;
  /** Tags of a repository with the digests they lead to. */
  tags(repository: string): Readonly<Record<string, string>>;
  /** Calls that wrote a manifest, as `PUT /v2/…`. */
  readonly writes: readonly string[];
  /** What it answers instead, on demand. */
  readonly outages: Outages;
  stop(): Promise<void>;
}

interface Repository {
  readonly blobs: Map<string, Buffer>;
  readonly manifests: Map<string, { readonly type: string; readonly bytes: Buffer }>;
  readonly tags: Map<string, string>;
}

/**
 * A container registry in memory on loopback: the pulls and pushes of
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md, behind a login. As GitLab's, it takes a manifest only when it has
 * all that the manifest names.
 */
export async function startLocalRegistry(login: { user: string; password: string }): Promise<LocalRegistry> {
  const repositories = new Map<string, Repository>();
  const uploads = new Map<string, Buffer[]>();
  const writes: string[] = [];
  const outages = new Outages();
  const expected = `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;

  const repository = (name: string): Repository => {
    const found = repositories.get(name) ?? { blobs: new Map(), manifests: new Map(), tags: new Map() };
    repositories.set(name, found);
    return found;
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const method = request.method ?? 'GET';
    const send = (status: number, headers: Record<string, string | number> = {}, body: Buffer | string = '') => {
      response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers });
      response.end(method === 'HEAD' ? undefined : body);
    };
    const refuse = (status: number, code: string) => send(status, {}, JSON.stringify({ errors: [{ code }] }));
    if (request.headers.authorization !== expected) {
      return send(
        401,
        { 'www-authenticate': 'Basic realm="local registry"' },
        JSON.stringify({ errors: [{ code: 'UNAUTHORIZED' }] }),
      );
    }
    const outage = outages.take(`${method} ${url.pathname}`)?.answer;
    if (outage !== undefined) {
      return send(
        outage.status,
        { 'content-type': 'text/html', ...outage.headers },
        outage.text ?? JSON.stringify(outage.body),
      );
    }
    if (url.pathname === '/v2/') return send(200);
    const [, name = '', kind, reference = ''] =
      /^\/v2\/(.+)\/(blobs\/uploads|blobs|manifests)\/(.*)$/.exec(url.pathname) ?? [];
    const own = repository(name);
    if (kind === 'blobs/uploads') {
      const id = reference === '' ? randomUUID() : reference;
      const parts = [...(uploads.get(id) ?? []), bytes];
      uploads.set(id, parts);
      const location = `/v2/${name}/blobs/uploads/${id}`;
      const digest = url.searchParams.get('digest');
      if (digest === null) {
        const end = Buffer.concat(parts).length - 1;
        return send(202, { location, range: `0-${Math.max(0, end)}`, 'docker-upload-uuid': id });
      }
      if (digestOf(Buffer.concat(parts)) !== digest) return refuse(400, 'DIGEST_INVALID');
      own.blobs.set(digest, Buffer.concat(parts));
      uploads.delete(id);
      return send(201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest });
    }
    if (kind === 'blobs') {
      const blob = own.blobs.get(reference);
      if (blob === undefined) return refuse(404, 'BLOB_UNKNOWN');
      return send(200, { 'docker-content-digest': reference, 'content-length': blob.length }, blob);
    }
    if (kind !== 'manifests') return refuse(404, 'NAME_UNKNOWN');
    if (method === 'PUT') {
      const named = JSON.parse(bytes.toString()) as { config?: Named; layers?: Named[]; manifests?: Named[] };
      const blobs = [...(named.config ? [named.config] : []), ...(named.layers ?? [])];
      if (blobs.some(({ digest }) => !own.blobs.has(digest))) return refuse(400, 'MANIFEST_BLOB_UNKNOWN');
      if ((named.manifests ?? []).some(({ digest }) => !own.manifests.has(digest)))
        return refuse(400, 'MANIFEST_UNKNOWN');
      const digest = digestOf(bytes);
      if (reference.startsWith('sha256:') && reference !== digest) return refuse(400, 'DIGEST_INVALID');
      own.manifests.set(digest, { type: request.headers['content-type'] ?? '', bytes });
      if (!reference.startsWith('sha256:')) own.tags.set(reference, digest);
      writes.push(`${method} ${url.pathname}`);
      return send(201, { location: `/v2/${name}/manifests/${digest}`, 'docker-content-digest': digest });
    }
    const digest = own.tags.get(reference) ?? reference;
    const manifest = own.manifests.get(digest);
    if (manifest === undefined) return refuse(404, 'MANIFEST_UNKNOWN');
    return send(
      200,
      { 'content-type': manifest.type, 'docker-content-digest': digest, 'content-length': manifest.bytes.length },
      manifest.bytes,
    );
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(500);
      response.end(String(error));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the local registry has no port');
  return {
    host: `127.0.0.1:${bound.port}`,
    tags: (name) => Object.fromEntries(repository(name).tags),
    writes,
    outages,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Named {
  readonly digest: string;
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
