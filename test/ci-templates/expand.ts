import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { previewPipeline } from '../local-gitlab/list.ts';
import { publishPlatform, version } from '../local-gitlab/platform.ts';
import { createRepository } from '../local-gitlab/repository.ts';
import { defaultGitlab } from '../local-gitlab/workspace.ts';

/** A pipeline after includes, inputs, `extends` and `!reference`: its jobs and global keywords by name. */
export type Expanded = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface Expander {
  /** An entry of `include:` that names one of the templates, as a project writes it. */
  include(file: string, inputs?: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** Expands the `.gitlab-ci.yml` of a project. Rejects with gitlab-ci-local's message when it is not valid. */
  expand(pipeline: Readonly<Record<string, unknown>>): Promise<Expanded>;
  close(): Promise<void>;
}

/** Publishes the templates of this checkout to a git host of its own, for projects that include them. */
export async function openExpander(): Promise<Expander> {
  const directory = await mkdtemp(join(tmpdir(), 'ci-templates-expand-'));
  const platform = await publishPlatform({ directory: join(directory, 'git-host'), gitlab: defaultGitlab });
  const library = { project: 'platform/vendhost', ref: `v${await version()}` };
  let projects = 0;
  return {
    include: (file, inputs = {}) => ({ ...library, file: `/ci-templates/${file}`, inputs }),
    expand: async (pipeline) => {
      projects += 1;
      const files = { '.gitlab-ci.yml': stringify(pipeline) };
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
    close: () => rm(directory, { recursive: true }),
  };
}
