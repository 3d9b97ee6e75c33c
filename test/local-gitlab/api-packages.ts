import { type Answer, type Call, forbidden, notAllowed, notFound } from './answers.ts';
import type { GitlabState, Project } from './api-state.ts';
import { page } from './paging.ts';

const semver = /^\d+\.\d+\.\d+(-[\w.-]+)?$/;

/**
 * `/projects/:id/packages`: the list (https://docs.gitlab.com/api/packages/), generic packages (https://docs.gitlab.com/user/packages/generic_packages/)
 * and npm's (`lib/api/concerns/packages/npm_endpoints.rb`, `app/services/packages/npm/create_package_service.rb`). Uploads want a Developer.
 */
export function onPackages(call: Call, state: GitlabState, project: Project, url: URL, role: number): Answer {
  const [, , , kind, ...rest] = call.path;
  const { packages } = state;
  if (call.method !== 'GET' && role < 30) return forbidden();
  if (kind === undefined) {
    const { query } = call;
    const matches = packages
      .packages(project)
      .filter(
        ({ name, package_type: type }) =>
          name.includes(query.get('package_name') ?? '') && type === (query.get('package_type') ?? type),
      );
    return page(
      matches.map(({ files: _, ...shown }) => shown),
      query,
      url,
    );
  }
  if (kind === 'generic') return onFile(call, state, project, rest);
  if (kind === 'npm') return onNpm(call, state, project, url, rest);
  const found = packages.packages(project).find(({ id }) => String(id) === kind);
  if (found === undefined || rest[0] !== 'package_files') return notFound('Not Found');
  return page(
    found.files.map(({ bytes, ...file }) => ({ ...file, size: bytes.length })),
    call.query,
    url,
  );
}

function onFile(call: Call, { packages }: GitlabState, project: Project, path: readonly string[]): Answer {
  const [name = '', version = '', file] = path;
  if (file === undefined || path.length > 3) return notFound('Not Found');
  if (call.method === 'GET') {
    const all = packages.packages(project).find((each) => each.name === name && each.version === version)?.files ?? [];
    const newest = all.findLast(({ file_name }) => file_name === file);
    return newest === undefined ? notFound('Not Found') : { status: 200, text: newest.bytes.toString() };
  }
  if (call.method !== 'PUT') return notAllowed();
  packages.addFile(project, 'generic', [name, version, file], Buffer.from(String(call.body.bytes), 'base64'));
  return { status: 201, body: { message: '201 Created' } };
}

function onNpm(
  call: Call,
  { packages }: GitlabState,
  project: Project,
  url: URL,
  [name = '']: readonly string[],
): Answer {
  const own = packages.packages(project).filter((each) => each.package_type === 'npm' && each.name === name);
  if (call.method === 'GET') {
    if (own.length === 0) return notFound('Package Not Found');
    const versions = own.map(({ version }) => [
      version,
      { name, version, dist: { tarball: `${url.href}/-/${name}-${version}.tgz` } },
    ]);
    return {
      status: 200,
      body: { name, versions: Object.fromEntries(versions), 'dist-tags': packages.distTags(project) },
    };
  }
  if (call.method !== 'PUT') return notAllowed();
  const { versions, _attachments: files, 'dist-tags': tags } = call.body as unknown as NpmDocument;
  const [version = ''] = Object.keys(versions);
  const [[file = '', { data = '' } = {}] = []] = Object.entries(files);
  if (!semver.test(version)) return { status: 400, body: { error: 'Version is invalid' } };
  if (own.some((each) => each.version === version)) return { status: 403, body: { error: 'Package already exists.' } };
  packages.addFile(project, 'npm', [name, version, file], Buffer.from(data, 'base64'));
  packages.setDistTags(project, tags);
  return { status: 200, body: {} };
}

interface NpmDocument {
  readonly versions: Record<string, object>;
  readonly _attachments: Record<string, { readonly data?: string }>;
  readonly 'dist-tags': Record<string, string>;
}
