import type { GitlabApi } from './api.ts';

/** A project that pipelines of others use, as its page in the API shows it to everybody who may read it. */
export interface SharedProject {
  readonly id: number;
  readonly path: string;
  readonly visibility: string;
  /** Who sees its repository: `enabled` is whoever sees the project, `private` its members. */
  readonly repository: string;
  /** The same of its container registry; `disabled` too where the instance has none. */
  readonly registry: string;
  /** Paths of groups that it was shared with, whose members can read its files. */
  readonly readers: readonly string[];
}

/** The role Reporter, which reads the files of a private project (https://docs.gitlab.com/user/permissions/). */
const reporter = 20;

/** Reads a project as others see it (https://docs.gitlab.com/api/projects/#get-a-single-project). */
export async function readSharedProject(api: GitlabApi, project: string): Promise<SharedProject> {
  const found: Readonly<Record<string, unknown>> & { id: number; path_with_namespace: string } = await api.call(
    `read the project ${project}`,
    (client) => client.Projects.show(project),
  );
  const groups = (found.shared_with_groups ?? []) as { group_full_path: string; group_access_level: number }[];
  const hasRegistry = found.container_registry_image_prefix !== undefined;
  return {
    id: found.id,
    path: found.path_with_namespace,
    visibility: String(found.visibility),
    repository: String(found.repository_access_level ?? 'enabled'),
    registry: hasRegistry ? String(found.container_registry_access_level ?? 'enabled') : 'disabled',
    readers: groups.filter((each) => each.group_access_level >= reporter).map((each) => each.group_full_path),
  };
}
