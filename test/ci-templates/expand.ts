import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { previewPipeline } from '../local-gitlab/list.ts';
import { publishPlatform, version } from '../local-gitlab/platform.ts';
import { createRepository } from '../local-gitlab/repository.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';
import { sourceOf } from './templates.ts';

/** A pipeline after includes, inputs, `extends` and `!reference`: its jobs and global keywords by name. */
export type Expanded = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

type Mapping = Readonly<Record<string, unknown>>;

export interface Expander {
  /** An entry of `include:` that names one of the templates, as a project writes it: by its file, or as a component. */
  include(file: string, inputs?: Readonly<Record<string, unknown>>, form?: 'project' | 'component'): Mapping;
  /** Expands the `.gitlab-ci.yml` of a project, given as its text or content. Rejects with gitlab-ci-local's message when it is not valid. */
  expand(pipeline: Mapping | string): Promise<Expanded>;
}

/** Publishes the templates of this checkout to a git host of its own, for projects that include them. */
export async function openExpander(): Promise<Expander> {
  const directory = await mkdtemp(join(tmpdir(), 'ci-templates-expand-'));
  const platform = await publishPlatform({ directory: join(directory, 'git-host'), gitlab: defaultGitlab });
  const ref = `v${await version()}`;
  const library = { project: 'platform/vendhost', ref };
  let projects = 0;
  return {
    include: (file, inputs = {}, form = 'project') =>
      form === 'project'
        ? { ...library, file: `/${sourceOf(file)}`, inputs }
        : { component: `$CI_SERVER_FQDN/platform/vendhost/${file.replace('.yml', '')}@${ref}`, inputs },
    expand: async (pipeline) => {
      projects += 1;
      const files = { '.gitlab-ci.yml': typeof pipeline === 'string' ? pipeline : stringify(pipeline) };
      const text = await previewPipeline({
        tenantRepository: await createRepository(join(directory, `project-${projects}`), files, 'dev'),
        projectPath: 'acme/shop',
        event: 'push',
        branch: 'dev',
        directory: join(directory, 'runs'),
        platform,
      });
      return parse(text, { merge: true });
    },
  };
}
