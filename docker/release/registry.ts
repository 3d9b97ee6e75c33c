import { createHash } from 'node:crypto';
import type { Output } from '../../scripts/output.ts';
import { type Request, send } from './send.ts';

/** A descriptor of a manifest list (https://github.com/opencontainers/image-spec/blob/main/descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:…` */
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
}

export interface Manifest extends Descriptor {
  readonly content: {
    readonly manifests?: readonly Descriptor[];
    readonly config?: Descriptor;
  };
}

/** One repository of a container registry. */
export interface Registry {
  /** `registry.example.com/platform/vendhost` */
  readonly name: string;
  /** By tag or digest; `undefined` when there is none. */
  manifest(reference: string): Promise<Manifest | undefined>;
  /** The labels in an image's configuration. */
  labels(digest: string): Promise<Readonly<Record<string, string>>>;
  put(reference: string, mediaType: string, bytes: string): Promise<void>;
}

interface Login {
  readonly user: string;
  readonly password: string;
}

export const manifestListType = 'application/vnd.docker.distribution.manifest.list.v2+json';
const accepted = [
  manifestListType,
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
].join(', ');

/** Longest wait for one answer, in milliseconds. */
const limitMs = 60_000;

/**
 * Speaks the part of the OCI distribution specification that a manifest list needs
 * (https://github.com/opencontainers/distribution-spec/blob/main/spec.md); layers are pushed by buildah. A loopback address is
 * called without TLS. Content is checked against its digest. Errors name the call and the registry's answer, never the
 * password.
 */
export function openRegistry(name: string, login: Login | undefined, out: Output): Registry {
  if (login !== undefined) out.redact(login.password);
  const [host = '', ...path] = name.split('/');
  const base = `${/^(127\.0\.0\.1|localhost)(:|$)/.test(host) ? 'http' : 'https'}://${host}/v2/${path.join('/')}`;
  let authorization: string | undefined;

  async function call(what: string, path: string, init: Partial<Omit<Request, 'limitMs'>> = {}) {
    const ask = async () => {
      const headers = { ...init.headers, ...(authorization === undefined ? {} : { authorization }) };
      return await send(out, what, `${base}/${path}`, { ...init, headers, limitMs });
    };
    let response = await ask();
    if (response.status === 401) {
      await response.body?.cancel();
      authorization = await authorize(response.headers.get('www-authenticate') ?? '', { name, login, out });
      response = await ask();
    }
    if (response.ok || (response.status === 404 && init.method === undefined)) return response;
    throw new Error(`cannot ${what}: ${host} answers ${response.status} ${await response.text()}`);
  }

  /** The JSON of a response, with the digest that was requested or that the registry reports. */
  async function read(what: string, response: Response, said: string | null) {
    const bytes = Buffer.from(await response.arrayBuffer());
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    const type = response.headers.get('content-type')?.split(';')[0]?.trim() ?? '';
    const isOther = said !== null && said !== digest;
    if (isOther) throw new Error(`cannot ${what}: ${host} answers with ${digest} (${type}), not with ${said}`);
    try {
      return { digest, type, size: bytes.length, content: JSON.parse(bytes.toString()) as unknown };
    } catch {
      throw new Error(`cannot ${what}: ${host} does not answer as a registry does (${type}, ${bytes.length} bytes)`);
    }
  }

  async function manifest(reference: string): Promise<Manifest | undefined> {
    const what = `read ${name}${reference.startsWith('sha256:') ? '@' : ':'}${reference}`;
    const response = await call(what, `manifests/${reference}`, { headers: { accept: accepted } });
    if (response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    const said = reference.startsWith('sha256:') ? reference : response.headers.get('docker-content-digest');
    const { digest, type, size, content } = await read(what, response, said);
    return { mediaType: type, digest, size, content: content as Manifest['content'] };
  }

  return {
    name,
    manifest,
    async labels(digest) {
      const config = (await manifest(digest))?.content.config;
      if (config === undefined) throw new Error(`${name}@${digest} is no image`);
      const what = `read the configuration of ${digest}`;
      const response = await call(what, `blobs/${config.digest}`);
      if (response.status === 404) throw new Error(`${name} has no blob ${config.digest}`);
      const { content } = await read(what, response, config.digest);
      return (content as { config?: { Labels?: Record<string, string> | null } }).config?.Labels ?? {};
    },
    async put(reference, mediaType, bytes) {
      await call(`write ${name}:${reference}`, `manifests/${reference}`, {
        method: 'PUT',
        headers: { 'content-type': mediaType },
        body: bytes,
      });
    },
  };
}

/** Answers the registry's challenge: with a token of its realm (https://distribution.github.io/distribution/spec/auth/token/), or the login itself. */
async function authorize(
  challenge: string,
  { name, login, out }: { name: string; login: Login | undefined; out: Output },
): Promise<string> {
  const [scheme = ''] = challenge.split(' ');
  const basic =
    login === undefined ? undefined : `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
  if (scheme.toLowerCase() === 'basic' && basic !== undefined) return basic;
  const values = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]));
  const realm = values.get('realm');
  if (scheme.toLowerCase() !== 'bearer' || realm === undefined) {
    throw new Error(`${name} asks for a login: set CI_REGISTRY_USER and CI_REGISTRY_PASSWORD`);
  }
  const url = new URL(realm);
  const service = values.get('service');
  if (service !== undefined) url.searchParams.set('service', service);
  url.searchParams.set('scope', `repository:${name.split('/').slice(1).join('/')}:pull,push`);
  const headers: Record<string, string> = basic === undefined ? {} : { authorization: basic };
  const response = await send(out, `log in to ${name}`, url, { headers, limitMs });
  if (!response.ok)
    throw new Error(`${name} refuses the login of CI_REGISTRY_USER: ${url.host} answers ${response.status}`);
  const { token, access_token: other } = (await response.json().catch(() => ({}))) as Record<string, string>;
  if (!token && !other) throw new Error(`cannot log in to ${name}: ${url.host} answers without a token`);
  return `Bearer ${token ?? other}`;
}
