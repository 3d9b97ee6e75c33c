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
  /** The configuration's labels of an image. */
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
 * called without TLS. Errors name the call and the registry's answer, never the password.
 */
export function openRegistry(name: string, login: Login | undefined): Registry {
  const [host = '', ...path] = name.split('/');
  const base = `${/^(127\.0\.0\.1|localhost)(:|$)/.test(host) ? 'http' : 'https'}://${host}/v2/${path.join('/')}`;
  let authorization: string | undefined;

  async function call(what: string, path: string, init: { method?: string; headers?: object; body?: string } = {}) {
    const send = async () =>
      await fetch(`${base}/${path}`, {
        method: init.method ?? 'GET',
        headers: { ...init.headers, ...(authorization === undefined ? {} : { authorization }) },
        ...(init.body === undefined ? {} : { body: init.body }),
        signal: AbortSignal.timeout(limitMs),
      });
    let response = await send();
    if (response.status === 401) {
      await response.body?.cancel();
      authorization = await authorize(response.headers.get('www-authenticate') ?? '', name, login);
      response = await send();
    }
    if (response.ok || (response.status === 404 && init.method === undefined)) return response;
    throw new Error(`cannot ${what}: ${host} answers ${response.status} ${await response.text()}`);
  }

  async function manifest(reference: string): Promise<Manifest | undefined> {
    const response = await call(`read ${name}:${reference}`, `manifests/${reference}`, {
      headers: { accept: accepted },
    });
    const text = await response.text();
    if (response.status === 404) return undefined;
    return {
      mediaType: response.headers.get('content-type') ?? '',
      digest: response.headers.get('docker-content-digest') ?? '',
      size: Buffer.byteLength(text),
      content: JSON.parse(text) as Manifest['content'],
    };
  }

  return {
    name,
    manifest,
    async labels(digest) {
      const config = (await manifest(digest))?.content.config;
      if (config === undefined) throw new Error(`${name}@${digest} is no image`);
      const response = await call(`read the configuration of ${digest}`, `blobs/${config.digest}`);
      if (response.status === 404) throw new Error(`${name} has no blob ${config.digest}`);
      const { config: inside } = (await response.json()) as { config?: { Labels?: Record<string, string> | null } };
      return inside?.Labels ?? {};
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

/** Answers the registry's challenge: a token of its realm (https://distribution.github.io/distribution/spec/auth/token/), or the login itself. */
async function authorize(challenge: string, name: string, login: Login | undefined): Promise<string> {
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
  const response = await fetch(url, {
    headers: basic === undefined ? {} : { authorization: basic },
    signal: AbortSignal.timeout(limitMs),
  });
  if (!response.ok)
    throw new Error(`${name} refuses the login of CI_REGISTRY_USER: ${url.host} answers ${response.status}`);
  const { token, access_token: other } = (await response.json()) as { token?: string; access_token?: string };
  return `Bearer ${token ?? other}`;
}
