import { join } from 'node:path';
import { readPlatformConfig } from '../../scripts/config/files.ts';
import type { DoctorFinding } from '../../scripts/doctor/finding.ts';
import { messageOf, VendhostError } from '../../scripts/errors.ts';
import { checkCertificate } from '../../scripts/platform/certificate.ts';
import { notOurs, readReferences } from './gitlab-project.ts';
import type { KitParts } from './kit-site.ts';
import { readMarker } from './marker.ts';
import { readRemains, removalPlan } from './remains.ts';
import { tenantPipeline } from './settings.ts';
import type { Site } from './stage.ts';

/** Looks at every need of a run, and only reads; what stands in the way is a fault. */
export async function preflight(parts: KitParts, site: Site, signal: AbortSignal): Promise<DoctorFinding[]> {
  const { settings, kit, aws, token, directory } = parts;
  const { api, project } = kit;
  const looks: readonly (readonly [string, () => Promise<string>])[] = [
    ['AWS account', async () => `${await aws.account()}, ${aws.region}`],
    ['nothing of others', async () => nothingOfOthers(parts)],
    ['certificate', async () => await certificate(parts)],
    [
      'GitLab token',
      async () => {
        const user = await api.call('read whose the token is', (client) => client.Users.showCurrentUser());
        return `of ${user.username}`;
      },
    ],
    [
      'GitLab project',
      async () => {
        // Only Maintainers see it.
        await api.call(`read the protected branches of ${project}`, (client) => client.ProtectedBranches.all(project));
        const references = await readReferences({ gitlab: settings.gitlab, project, token, signal });
        const why = notOurs(references);
        if (why !== undefined) throw new Error(why);
        return `${project} is empty, or of a former run`;
      },
    ],
    [
      'runners',
      async () => {
        const runners = await api.call(`read the runners of ${project}`, (client) =>
          client.Runners.all({ projectId: project }),
        );
        const online = runners.filter((runner) => runner.status === 'online' && runner.paused !== true);
        if (online.length === 0) throw new Error(`no runner of ${project} is online`);
        return `${online.length} online; whether one takes jobs of a protected branch only a pipeline tells`;
      },
    ],
    [
      'library',
      async () => {
        const { valid, errors } = await api.call('check the pipeline', (client) =>
          client.Lint.lint(project, tenantPipeline(settings)),
        );
        if (valid !== true) throw new Error([errors].flat().join('; '));
        return `${settings.library} at ${settings.ref} can be included`;
      },
    ],
    [
      'platform',
      async () => {
        const words = ['platform', 'deploy', '--environment', 'dev', '--dry-run'];
        const { exitCode, all } = await site.operate(words, { onLine: () => undefined, signal });
        if (exitCode === 0 || exitCode === 2) return 'vendhost platform deploy --dry-run finds no fault';
        throw new Error(`vendhost ${words.join(' ')} ended with ${exitCode}: ${String(all).slice(-2000)}`);
      },
    ],
  ];
  const findings: DoctorFinding[] = [];
  for (const [check, look] of looks) {
    signal.throwIfAborted();
    findings.push(await lookAt(check, look, signal));
  }
  return findings;

  async function certificate({ aws }: KitParts): Promise<string> {
    const { environments } = await readPlatformConfig(join(directory, 'platform'));
    if (environments.dev === undefined) throw new Error('platform.yml has no dev');
    return (await checkCertificate(aws, 'dev', environments.dev)).join('; ') || `issued for ${settings.domain}`;
  }
}

/** The kit removes whatever has these names and tags: it works only where all of that is its own. */
async function nothingOfOthers({ aws, settings }: KitParts): Promise<string> {
  const marker = await readMarker(aws);
  const found = removalPlan(await readRemains(aws, marker)).map(({ name }) => name);
  if (marker !== undefined) {
    // It has the name of a key that nothing else leads to.
    throw new VendhostError('USAGE', `a former run (${marker.since}, ${marker.project}) left ${found.length} things`, {
      hint: 'npm run acceptance -- --cleanup removes them',
    });
  }
  if (found.length === 0) return `nothing of an environment dev, or of its tenant shop, in ${settings.account}`;
  throw new Error(`not the kit's, and it would remove it: ${found.join(', ')}; give another account or region`);
}

async function lookAt(check: string, look: () => Promise<string>, signal: AbortSignal): Promise<DoctorFinding> {
  try {
    return { part: 'surroundings', check, status: 'ok', detail: await look() };
  } catch (error) {
    signal.throwIfAborted();
    const hint = error instanceof VendhostError ? { hint: error.hint } : {};
    return { part: 'surroundings', check, status: 'fault', detail: messageOf(error), ...hint };
  }
}
