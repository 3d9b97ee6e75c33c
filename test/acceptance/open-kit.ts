import { join } from 'node:path';
import { openEnvironment } from '../../scripts/aws/open-environment.ts';
import { environmentOf, readPlatformConfig } from '../../scripts/config/files.ts';
import { VendhostError } from '../../scripts/errors.ts';
import { openGitlab } from '../../scripts/gitlab/api.ts';
import type { Runtime } from '../../scripts/runtime.ts';
import { type KitParts, writeRepositories } from './kit-site.ts';
import { readSettings } from './settings.ts';

/**
 * Reads the settings from a file and the runtime's variables, writes both repositories into the folder, and opens the account and the
 * project. GitLab's API is that of the removal, which `removing` stops and a first Ctrl-C does not: a run that is stopped has a pipeline
 * to cancel. Throws `USAGE` without a token, `CONFIG_INVALID` and `ACCOUNT_WRONG` for settings that are wrong.
 */
export async function openKit(
  runtime: Runtime,
  say: KitParts['say'],
  { file, directory, removing }: { file: string; directory: string; removing: AbortSignal },
): Promise<KitParts> {
  const { env } = runtime;
  const settings = await readSettings(file, env);
  const api = openGitlab({ ...runtime, signal: removing }, settings.gitlab);
  const token = env.VENDHOST_GITLAB_TOKEN;
  if (api === undefined || token === undefined) {
    throw new VendhostError('USAGE', 'VENDHOST_GITLAB_TOKEN is not set', {
      hint: `create a token of a Maintainer of ${settings.project} with the scopes api and write_repository`,
    });
  }
  await writeRepositories({ settings, directory });
  const config = environmentOf(await readPlatformConfig(join(directory, 'platform')), 'dev');
  const aws = await openEnvironment(runtime, 'dev', config, 'deploy');
  const kit = { api, project: settings.project, paceMs: aws.pace.longest };
  return { settings, kit, aws, token, directory, env, say };
}
