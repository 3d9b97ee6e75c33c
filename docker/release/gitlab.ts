import type { Gitlab } from '@gitbeaker/rest';
import { openGitlab } from '../../scripts/gitlab/api.ts';
import type { Output } from '../../scripts/output.ts';
import type { Link } from './plan.ts';
import { send, stop } from './send.ts';

/** The library's project in GitLab, with a token that may write its packages and releases. */
export interface Project {
  /** `https://gitlab.example.com/api/v4` */
  readonly api: string;
  readonly project: string;
  readonly token: string;
  readonly out: Output;
}

/** The name of a release's generic package: the files about its images. */
const filesPackage = 'vendhost-image';

/** Longest wait for an upload, in milliseconds. */
const limitMs = 5 * 60_000;

const rights =
  'VENDHOST_RELEASE_TOKEN must be of a Maintainer of the project, with the scopes api and write_repository';
const hints = Object.fromEntries([401, 403, 404].map((status) => [status, `${rights}: docs/releasing.md`]));

/** Calls GitLab's API as the command does: retries when it is busy, and errors name the call. */
function ask<T>(
  { api, token, out }: Project,
  what: string,
  work: (client: InstanceType<typeof Gitlab<false>>) => Promise<T>,
): Promise<T> {
  const env = { CI_API_V4_URL: api, VENDHOST_GITLAB_TOKEN: token };
  const gitlab = openGitlab({ env, cwd: '.', out, signal: stop }, api);
  if (gitlab === undefined) throw new Error('VENDHOST_RELEASE_TOKEN is empty');
  return gitlab.call(what, work, hints);
}

/** Where npm finds the project's packages (https://docs.gitlab.com/user/packages/npm_registry/). */
export const npmRegistry = ({ api, project }: Pick<Project, 'api' | 'project'>) =>
  `${api}/projects/${encodeURIComponent(project)}/packages/npm/`;

/** Where a file of a release is (https://docs.gitlab.com/user/packages/generic_packages/). */
export const fileAddress = ({ api, project }: Project, version: string, name: string) =>
  `${api}/projects/${encodeURIComponent(project)}/packages/generic/${filesPackage}/${version}/${name}`;

/** Whether npm's package of that version exists; npm refuses a second one. */
export async function isPackaged(at: Project, name: string, version: string): Promise<boolean> {
  const found = await ask(at, `read the packages of ${at.project}`, (client) =>
    client.Packages.all({ projectId: at.project, packageName: name }),
  );
  return found.some((each) => each.package_type === 'npm' && each.name === name && each.version === version);
}

/** Names of the files that were uploaded for a version. */
export async function uploadedFiles(at: Project, version: string): Promise<string[]> {
  const what = `read the packages of ${at.project}`;
  const all = await ask(at, what, (client) =>
    client.Packages.all({ projectId: at.project, packageName: filesPackage }),
  );
  const own = all.filter(
    (each) => each.package_type === 'generic' && each.name === filesPackage && each.version === version,
  );
  const files = await Promise.all(
    own.map(({ id }) => ask(at, what, (client) => client.Packages.allFiles(at.project, id))),
  );
  return files.flat().map(({ file_name }) => String(file_name));
}

/** Uploads a file of a version; of two with one name GitLab returns the later one. */
export async function uploadFile(
  at: Project,
  version: string,
  name: string,
  body: string | Uint8Array<ArrayBuffer>,
): Promise<void> {
  const response = await send(at.out, `upload ${name}`, fileAddress(at, version, name), {
    method: 'PUT',
    headers: { 'private-token': at.token, 'content-type': 'application/octet-stream' },
    body,
    limitMs,
  });
  // A sign-in page would be a 200.
  if (response.status !== 201)
    throw new Error(`cannot upload ${name}: GitLab answers ${response.status} ${await response.text()}`);
}

/** The release of a tag with its links; `undefined` when there is none. */
export async function readRelease(at: Project, tag: string) {
  const what = `read the releases of ${at.project}`;
  const all = await ask(at, what, (client) => client.ProjectReleases.all(at.project));
  const found = all.find(({ tag_name }) => tag_name === tag);
  if (found === undefined) return undefined;
  const links = await ask(at, what, (client) => client.ReleaseLinks.all(at.project, tag));
  return { description: String(found.description ?? ''), links: links.map(({ id, name, url }) => ({ id, name, url })) };
}

/** Creates a release, or changes its text. For the catalog, the job `create-release` must come first. */
export async function writeRelease(at: Project, tag: string, description: string, isNew: boolean): Promise<void> {
  await ask(at, `${isNew ? 'create' : 'edit'} the release ${tag}`, async ({ ProjectReleases }) => {
    if (isNew) await ProjectReleases.create(at.project, { tagName: tag, name: tag, description });
    else await ProjectReleases.edit(at.project, tag, { description });
  });
}

export async function writeLink(at: Project, tag: string, { name, url }: Link, id: number | undefined): Promise<void> {
  await ask(at, `link ${name} to the release ${tag}`, async ({ ReleaseLinks }) => {
    if (id === undefined) await ReleaseLinks.create(at.project, tag, name, url, { linkType: 'other' });
    else await ReleaseLinks.edit(at.project, tag, id, { name, url, linkType: 'other' });
  });
}
