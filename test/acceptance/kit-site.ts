import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readPublishedFacts } from '../../scripts/aws/read-facts.ts';
import type { Aws } from '../../scripts/aws/session.ts';
import { ask } from '../e2e/ask.ts';
import { awsCliWith } from '../e2e/aws-cli/aws-cli.ts';
import { projectRoot } from '../local-gitlab/platform.ts';
import { commit, createRepository, type Files } from '../local-gitlab/repository.ts';
import { type KitProject, pushBranch, runBranch } from './gitlab-project.ts';
import { runVendhost } from './run-vendhost.ts';
import { hostOf, platformFiles, type Settings, tenantPipeline } from './settings.ts';
import type { Site } from './stage.ts';

/** What the kit works with. */
export interface KitParts {
  readonly settings: Settings;
  readonly kit: KitProject;
  readonly aws: Aws;
  readonly token: string;
  /** Folder of the repositories and of the report. */
  readonly directory: string;
  /** The variables that the kit itself was started with. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
}

/** Writes the platform's and the tenant's repository into the folder, as the examples have them. */
export async function writeRepositories({ settings, directory }: Pick<KitParts, 'settings' | 'directory'>) {
  await writeFiles(join(directory, 'platform'), platformFiles(settings));
  await cp(join(projectRoot, 'examples/shop'), join(directory, 'shop'), { recursive: true });
  await createRepository(join(directory, 'shop'), { '.gitlab-ci.yml': tenantPipeline(settings) }, 'dev');
}

async function writeFiles(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

/** An AWS account and a GitLab project, as the steps see them. */
export function kitSite(parts: KitParts): Site {
  const { settings, kit, aws, token, directory, env, say } = parts;
  const repository = join(directory, 'shop');
  const { gitlab, project, limits_minutes: limits } = settings;
  let balancer: Promise<string> | undefined;
  const address = async (scheme: 'https' | 'http') => {
    if (settings.balancer !== undefined) return settings.balancer[scheme];
    balancer ??= balancerName(aws);
    return `${scheme}://${await balancer}`;
  };
  return {
    host: hostOf(settings),
    operate: (words, { onLine, env: more = {}, signal }) =>
      runVendhost({
        words: [...words, '--yes'],
        cwd: join(directory, 'platform'),
        env: { ...defined(env), ...more },
        ...{ onLine, signal, limitMs: limits.command * 60_000 },
      }),
    read: (file) => readFile(join(repository, file), 'utf8'),
    async push(files: Files | undefined, message, watch) {
      if (files !== undefined) await commit(repository, files, message);
      await pushBranch(repository, 'dev', { gitlab, project, token, signal: watch.signal });
      return await runBranch(kit, 'dev', { watch, limitMs: limits.pipeline * 60_000 });
    },
    ask: async (host, path, form) => ask(await address('https'), host, path, form),
    askPlain: async (host) => ask(await address('http'), host),
    aws: (...words) => awsOf(aws, say).then((run) => run(...words)),
  };
}

/** The `aws` command line with the credentials that the kit works with. */
export async function awsOf(aws: Aws, say: (line: string) => void) {
  const { accessKeyId, secretAccessKey, sessionToken } = await aws.credentials();
  const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
  return await awsCliWith(
    {
      ...keys,
      AWS_DEFAULT_REGION: aws.region,
      ...(sessionToken !== undefined && { AWS_SESSION_TOKEN: sessionToken }),
      ...(aws.endpoint !== undefined && { AWS_ENDPOINT_URL: aws.endpoint }),
    },
    say,
  );
}

async function balancerName(aws: Aws): Promise<string> {
  const name = (await readPublishedFacts(aws, 'dev')).values['load-balancer-dns'];
  if (name === undefined) throw new Error('dev publishes no load balancer: /vendhost/dev/load-balancer-dns');
  return name;
}

function defined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));
}
