import { cutTag } from './version.ts';

/** A Sigstore, without slashes at the end: who gives out certificates, and who keeps the log of what was signed. */
export interface Sigstore {
  readonly fulcio: string;
  readonly rekor: string;
}

/** Everybody's Sigstore (https://docs.sigstore.dev/about/overview/). */
const publicSigstore: Sigstore = { fulcio: 'https://fulcio.sigstore.dev', rekor: 'https://rekor.sigstore.dev' };

/** The one GitLab that signs there, by its documents (https://docs.gitlab.com/ci/yaml/signing_examples/). */
const publicIssuer = 'https://gitlab.com';

/** What a run may sign with. */
export interface Signer {
  readonly sigstore: Sigstore;
  /** The job's ID token with the audience `sigstore`. */
  readonly token: string;
}

interface Surroundings {
  /** Address of GitLab, which issues ID tokens unless one that is there says otherwise. */
  readonly server: string;
  readonly token: string | undefined;
  /** The Sigstore of the options. */
  readonly own: Sigstore | undefined;
}

/** Who signs, or why nobody does. Throws for a token that is none. */
export function signerOf({ server, token, own }: Surroundings): Signer | { readonly unsigned: string } {
  const unsigned = distrust(token ? issuerOf(token) : server, own);
  if (unsigned !== undefined) return { unsigned };
  if (!token) return { unsigned: 'the job has no ID token, SIGSTORE_ID_TOKEN is empty' };
  return { sigstore: own ?? publicSigstore, token };
}

/** Why nobody would believe an ID token of that issuer; `undefined` when somebody does. */
export function distrust(issuer: string, own: Sigstore | undefined): string | undefined {
  if (own !== undefined || issuer === publicIssuer) return undefined;
  return `Sigstore's public instance takes ID tokens of ${publicIssuer}, not of ${issuer}; --fulcio and --rekor name one of your own`;
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
 * Whom the certificate names for a job of the tag `cut/VERSION`: Fulcio takes the claim `ci_config_ref_uri`
 * (https://github.com/sigstore/fulcio/blob/main/config/identity/config.yaml), which GitLab fills with the pipeline's file and reference
 * (https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload).
 */
export const identityOf = (server: string, project: string, config: string, version: string) =>
  `${server.replace(/^https?/, 'https')}/${project}//${config}@refs/tags/${cutTag(version)}`;

/** Whether a statement is about the image of that digest, and no other. Throws for what is no JSON. */
export function isAbout(statement: string, digest: string): boolean {
  const { subject } = JSON.parse(statement) as { subject?: readonly { digest?: { sha256?: string } }[] };
  return subject?.length === 1 && `sha256:${subject[0]?.digest?.sha256}` === digest;
}
