import { type Answer, type Call, forbidden, given, missing, notAllowed, notFound } from './answers.ts';
import type { GitlabState, Project } from './api-state.ts';
import { page } from './paging.ts';

/** `/projects/:id/releases` and the links below (https://docs.gitlab.com/api/releases/, https://docs.gitlab.com/api/releases/links/). */
export async function onReleases(
  call: Call,
  state: GitlabState,
  project: Project,
  url: URL,
  role: number,
): Promise<Answer> {
  const [, , , tag, assets, links, linkId] = call.path;
  const { packages } = state;
  if (call.method !== 'GET' && role < 30) return forbidden();
  const values = given(call);
  const release = packages.releases(project).find(({ tag_name }) => tag_name === tag);
  if (tag === undefined) {
    if (call.method === 'GET') return page(packages.releases(project), call.query, url);
    if (call.method !== 'POST') return notAllowed();
    const absent = missing(values, 'tag_name');
    if (absent !== undefined) return absent;
    const name = String(values.tag_name);
    if (packages.releases(project).some(({ tag_name }) => tag_name === name)) {
      return { status: 409, body: { message: 'Release already exists' } };
    }
    if (!(await packages.isTag(project, name))) return { status: 400, body: { message: 'Ref is not specified' } };
    const created = {
      tag_name: name,
      name: String(values.name ?? name),
      description: String(values.description ?? ''),
    };
    return { status: 201, body: packages.saveRelease(project, { ...created, links: [] }) };
  }
  if (release === undefined) return notFound('Not Found');
  if (assets === undefined) {
    if (call.method === 'GET') return { status: 200, body: release };
    if (call.method !== 'PUT') return notAllowed();
    const description = String(values.description ?? release.description);
    return { status: 200, body: packages.saveRelease(project, { ...release, description }) };
  }
  if (assets !== 'assets' || links !== 'links') return notFound('Not Found');
  if (call.method === 'GET') return page(release.links, call.query, url);
  const there = release.links.find(({ id }) => String(id) === linkId);
  const [name, address] = [String(values.name ?? there?.name), String(values.url ?? there?.url)];
  const link = { name, url: address, link_type: String(values.link_type ?? there?.link_type ?? 'other') };
  if (call.method === 'PUT' && there !== undefined) {
    return { status: 200, body: packages.saveLink(project, release, { ...link, id: there.id }) };
  }
  if (call.method !== 'POST' || linkId !== undefined) return notFound('Not Found');
  // A release has each name and each address once: `app/models/releases/link.rb`.
  if (release.links.some((each) => each.name === name || each.url === address)) {
    return { status: 400, body: { message: { name: ['has already been taken'] } } };
  }
  return { status: 201, body: packages.saveLink(project, release, link) };
}
