import { cutTag } from './version.ts';

/** A Sigstore, addresses without slashes at the end: the certificate authority, and the log of signatures. */
export interface Sigstore {
  readonly fulcio: string;
  readonly rekor: string;
}

/** The public Sigstore (https://docs.sigstore.dev/about/overview/). */
export const publicSigstore: Sigstore = { fulcio: 'https://fulcio.sigstore.dev', rekor: 'https://rekor.sigstore.dev' };

/** The only GitLab that signs there, according to its documents (https://docs.gitlab.com/ci/yaml/signing_examples/). */
export const publicIssuer = 'https://gitlab.com';

/** What a run may sign with. */
export interface Signer {
  readonly sigstore: Sigstore;
  /** The job's ID token with the audience `sigstore`. */
  readonly token: string;
}

interface Surroundings {
  /** Address of GitLab, which issues ID tokens unless a given token says otherwise. */
  readonly server: string;
  /** The project's: `public`, `internal` or `private`. */
  readonly visibility: string | undefined;
  /** The Sigstore from the options. */
  readonly own: Sigstore | undefined;
}

/** Who signs, or why nobody does. Throws for an invalid token. */
export function signerOf(
  { server, visibility, own }: Surroundings,
  token: string | undefined,
): Signer | { readonly unsigned: string } {
  const unsigned = obstacle({ server: token ? issuerOf(token) : server, visibility, own });
  if (unsigned !== undefined) return { unsigned };
  if (!token) return { unsigned: 'the job has no ID token, SIGSTORE_ID_TOKEN is empty' };
  return { sigstore: own ?? publicSigstore, token };
}

/**
 * Why no ID token can sign; `undefined` when one can. The public log is permanent: the names of a project
 * that is not public go there only on request, by the addresses.
 */
export function obstacle({ server, visibility, own }: Surroundings): string | undefined {
  if (own !== undefined) return undefined;
  if (server !== publicIssuer)
    return `Sigstore's public instance takes ID tokens of ${publicIssuer}, not of ${server}; --fulcio and --rekor name one of your own`;
  if (visibility === 'public') return undefined;
  return `the project is ${visibility || 'not known to be public'}, and Sigstore's log is public; --fulcio and --rekor name one to use`;
}

function issuerOf(token: string): string {
  try {
    const { iss } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { iss?: unknown };
    if (typeof iss === 'string') return iss;
  } catch {
    // It is said below.
  }
  throw new Error('SIGSTORE_ID_TOKEN is no ID token: `id_tokens` of the job sets it (docs/releasing.md)');
}

/**
 * The identity in the certificate of a job of the tag `cut/VERSION`: Fulcio uses the claim `ci_config_ref_uri`
 * (https://github.com/sigstore/fulcio/blob/main/config/identity/config.yaml), which GitLab fills with the pipeline's file and reference
 * (https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload).
 */
export const identityOf = (server: string, project: string, config: string, version: string) =>
  `${server.replace(/^https?/, 'https')}/${project}//${config}@refs/tags/${cutTag(version)}`;

/** Whether a statement is about the image of that digest, and no other. Throws for invalid JSON. */
export function isAbout(statement: string, digest: string): boolean {
  const { subject } = JSON.parse(statement) as { subject?: readonly { digest?: { sha256?: string } }[] };
  return subject?.length === 1 && `sha256:${subject[0]?.digest?.sha256}` === digest;
}
