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
  /** What the changelog says of the version. */
  readonly changes: string;
}

/** The text of a release: first what is copied into a pipeline, then the digests, then the changes by kind. */
export function releaseNotes({ version, project, image, digest, images, commit, npm, changes }: Release): string {
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
    '',
    changes,
    '',
  ].join('\n');
}
