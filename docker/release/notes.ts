import { bundleName } from './files.ts';
import type { Image } from './manifest-list.ts';

export interface Release {
  readonly version: string;
  /** Path of the library's project. */
  readonly project: string;
  /** `registry.example.com/platform/vendhost` */
  readonly image: string;
  /** Of the manifest list. */
  readonly digest: string;
  readonly images: readonly Image[];
  /** The commit of the version's tag. */
  readonly commit: string;
  /** Address of the project's npm registry. */
  readonly npm: string;
  readonly signature: Signature | { readonly unsigned: string };
  /** The changelog's text for the version. */
  readonly changes: string;
}

/** What is needed to verify the provenance. */
export interface Signature {
  /** The identity in the certificate, and its issuer. */
  readonly identity: string;
  readonly issuer: string;
  /** Whether the public Sigstore was used, whose keys cosign knows. */
  readonly isPublic: boolean;
}

/** The text of a release: first what to copy into a pipeline, then the digests, then the changes by kind. */
export function releaseNotes(release: Release): string {
  const { version, project, image, digest, images, commit, npm, signature, changes } = release;
  const include = (component: string, inputs: readonly string[]) => [
    `  - component: $CI_SERVER_FQDN/${project}/${component}@v${version}`,
    '    inputs:',
    ...inputs.map((line) => `      ${line}`),
  ];
  const row = (what: string, is: string) => `| ${what} | \`${is}\` |`;
  return [
    "A tenant's `.gitlab-ci.yml`:",
    '',
    '```yaml',
    'include:',
    ...include('tenant', ['tenant: shop', `image: ${image}`]),
    '```',
    '',
    "The platform's:",
    '',
    '```yaml',
    'include:',
    ...include('platform', [`image: ${image}`]),
    '```',
    '',
    'The command, on a machine of yours:',
    '',
    '```',
    `npm install --global vendhost@${version} --registry ${npm}`,
    '```',
    '',
    '| | |',
    '|---|---|',
    row('image of all architectures', `${image}@${digest}`),
    ...images.map((each) => row(each.arch, `${image}@${each.digest}`)),
    row('commit, for an include that no tag can move (`@…`, or `ref: …`)', commit),
    '',
    'The templates name the image by this digest. SBOM and provenance of each architecture are linked below.',
    ...('unsigned' in signature
      ? [`The provenance is not signed: ${signature.unsigned}.`]
      : [
          'The provenance is signed; with the `.sigstore.json` from below, cosign 3 or later verifies it:',
          '',
          '```',
          ...images.map((each) => verification(each, signature)),
          '```',
        ]),
    '',
    changes,
    '',
  ].join('\n');
}

/** https://github.com/sigstore/cosign/blob/main/doc/cosign_verify-blob-attestation.md */
function verification({ arch, digest }: Image, { identity, issuer, isPublic }: Signature): string {
  return [
    `cosign verify-blob-attestation --bundle ${bundleName(arch)} --type slsaprovenance1`,
    `--digest ${digest.replace(/^sha256:/, '')} --digestAlg sha256`,
    `--certificate-identity ${identity}`,
    `--certificate-oidc-issuer ${issuer}`,
    ...(isPublic ? [] : ['--trusted-root trusted_root.json']),
  ].join(' \\\n  ');
}
