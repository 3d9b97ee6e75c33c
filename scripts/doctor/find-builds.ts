import type { Build, Project } from '@aws-sdk/client-codebuild';
import { awsError } from '../aws/foreseen-errors.ts';
import type { Aws } from '../aws/session.ts';
import { buildNames, keys, names, type Place } from '../config/names.ts';
import { messageOf } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { readBuildProjects, readNewestBuild } from '../webhook/underway-builds.ts';
import type { DoctorFinding } from './finding.ts';
import { findRights, type NeededRight } from './rights.ts';

type BuildName = (typeof buildNames)[number];

/**
 * The builds of a tenant whose project has no runner: how the newest of each ended, and whether their roles may do what they begin with. None
 * for a tenant with jobs. Roles of Vendhost may not ask: who looks is a person.
 */
export async function findBuilds(runtime: Runtime, aws: Aws, place: Place): Promise<DoctorFinding[]> {
  try {
    const projects = await readBuildProjects(aws, place);
    const rows = await Promise.all(projects.map((project) => findBuild(runtime, aws, place, project)));
    return rows.flat();
  } catch (error) {
    runtime.signal.throwIfAborted();
    const detail = `CodeBuild was not asked: ${awsError(error, runtime.env)?.message ?? messageOf(error)}`;
    const hint = 'an administrator can ask: codebuild:BatchGetProjects, BatchGetBuilds and ListBuildsForProject';
    return [{ part: 'surroundings', check: 'builds', status: 'unknown', detail, hint }];
  }
}

async function findBuild(runtime: Runtime, aws: Aws, place: Place, project: Project): Promise<DoctorFinding[]> {
  const { name = '', serviceRole = '' } = project;
  const which = buildNames.find((each) => names.buildProject(place, each) === name) ?? 'intake';
  const needed = rightsOfBuild(place, await aws.account(), aws.region)[which];
  const [build, rights] = await Promise.all([
    readNewestBuild(aws, name),
    findRights(runtime, aws, { role: serviceRole, needed }),
  ]);
  return [buildFinding(which, project, build), { ...rights, check: `rights of build ${which}` }];
}

/** How the newest build of a project ended. */
export function buildFinding(which: BuildName, { environment }: Project, build: Build | undefined): DoctorFinding {
  const row = { part: 'surroundings', check: `build ${which}` } as const;
  if (build === undefined)
    return { ...row, status: 'absent', detail: `there was none yet; image ${environment?.image}` };
  const { buildStatus = 'unknown', currentPhase = '', startTime, phases = [], logs } = build;
  const since = startTime?.toISOString() ?? '';
  if (buildStatus === 'IN_PROGRESS') return { ...row, status: 'ok', detail: `${currentPhase} since ${since}` };
  if (buildStatus === 'SUCCEEDED') return { ...row, status: 'ok', detail: `${buildStatus}, begun ${since}` };
  if (buildStatus === 'STOPPED') return { ...row, status: 'unknown', detail: `somebody stopped the one of ${since}` };
  const failed = phases.find(({ phaseStatus }) => phaseStatus !== undefined && phaseStatus !== 'SUCCEEDED');
  const why = (failed?.contexts ?? []).map(({ statusCode, message }) =>
    [statusCode, message].filter(Boolean).join(': '),
  );
  const detail = [`${buildStatus} in ${failed?.phaseType ?? currentPhase}, begun ${since}`, ...why].join('; ');
  // It has no log before there is a container.
  const isBegun = failed?.phaseType !== undefined && !/^(SUBMITTED|QUEUED|PROVISIONING)$/.test(failed.phaseType);
  const hint = isBegun
    ? `read its log: log group ${logs?.groupName}, stream ${logs?.streamName}`
    : 'it has no log; check webhook.image in platform.yml, that CodeBuild may pull it (docs/webhook.md), and the role of the build, then resend the event in GitLab';
  return { ...row, status: 'fault', detail, hint };
}

/** One call of each build that it cannot do without. */
function rightsOfBuild(place: Place, account: string, region: string): Record<BuildName, NeededRight[]> {
  const { environment, tenant } = place;
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
  const right = (job: BuildName, action: string, resource: string) => ({ job, action, resource, plans: false });
  const clone = (job: BuildName, half?: 'infrastructure' | 'software') =>
    // AWS appends a hyphen and six characters.
    right(
      job,
      'secretsmanager:GetSecretValue',
      arn('secretsmanager', `secret:${names.cloneSecret(place, half)}-AbCdEf`),
    );
  const write = (job: BuildName, folder: string) =>
    right(job, 's3:PutObject', `arn:aws:s3:::${names.bucket(environment, account, region)}/${folder}any`);
  return {
    intake: [clone('intake'), write('intake', keys.intake(tenant)), write('intake', keys.machineIntake(tenant))],
    'infrastructure-intake': [
      clone('infrastructure-intake', 'infrastructure'),
      write('infrastructure-intake', keys.machineIntake(tenant)),
    ],
    'software-intake': [clone('software-intake', 'software'), write('software-intake', keys.intake(tenant))],
    machine: [
      right('machine', 'ec2:DescribeImages', '*'),
      right(
        'machine',
        'cloudformation:DescribeStacks',
        arn('cloudformation', `stack/${names.tenantStack(place, 'host')}/*`),
      ),
    ],
  };
}
