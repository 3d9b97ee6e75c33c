import type { PlannedCall } from '../../gitlab/http/planned-call.ts';
import { protectEnvironmentCall } from '../../gitlab/protection.ts';
import {
  createEnvironmentCall,
  createScheduleCall,
  editProjectCall,
  processMode,
  removeScheduleCall,
  setProcessModeCall,
  setTierCall,
} from '../../gitlab/setup/pipeline-settings.ts';
import { commitCall, createBranchCall, mergeRequestCall } from '../../gitlab/setup/repository.ts';
import type { ProjectFacts } from '../project-facts.ts';
import type { ProjectFinding, ProjectWish } from '../project-findings.ts';
import type { Setting } from './setting.ts';
import { madeDescription, type SetupFacts, starterBranch } from './setup-facts.ts';
import { cronOf, driftTemplate, firstText, type SetupWish } from './starter.ts';

export interface SetupPlan {
  readonly settings: readonly Setting[];
  /** Environments among them that would be protected. */
  readonly protects: readonly string[];
  readonly warnings: readonly ProjectFinding[];
}

/** GitLab's tiers of our environments (https://docs.gitlab.com/ci/environments/#deployment-tier-of-environments). */
const tiers: Readonly<Record<string, string>> = { dev: 'development', staging: 'staging', production: 'production' };

/**
 * Whether vending sets a project up: one that is adopted, and one that it created, until its starter merge request, the last thing it makes,
 * exists, or again when another environment is vended for the first time. What people change afterwards is theirs.
 */
export function isSetUp(wish: ProjectWish, { settings, setup }: ProjectFacts): boolean {
  if (wish.adopt === true) return true;
  // A caller that only reads, like the drift check, does not need it.
  if (wish.setup === undefined || setup === undefined) return false;
  const isFirst = setup.starter !== 'request' || wish.environments.some(({ record }) => record === undefined);
  return settings.description === madeDescription(wish.tenant) && isFirst;
}

/** Whether this run opens the starter merge request: that of the first environment, whose roles the merge needs. */
function isStarting({ adopt, environments }: ProjectWish, { defaultBranch }: SetupWish, { starter }: SetupFacts) {
  return adopt === true || (starter !== 'request' && environments.some(({ branch }) => branch === defaultBranch));
}

/**
 * The pipeline file of a tenant with pinned pipelines: it decides whose jobs get the roles, so it is always set. With it nobody
 * may pass variables to a pipeline: they would be in the jobs' environment, where NODE_OPTIONS or BASH_ENV name code of the
 * checkout (https://docs.gitlab.com/ci/variables/#restrict-pipeline-variables).
 */
export function planPipelinePath(
  { path, pipelinePath, formerPipelines }: ProjectWish,
  { settings }: ProjectFacts,
): Setting[] {
  const isFormer = formerPipelines !== undefined && settings.pipelinePath?.endsWith(formerPipelines) === true;
  const wanted = pipelinePath ?? (isFormer ? '' : undefined);
  const { variablesRole, restrictsVariables } = settings;
  const isPinning = isPinned(pipelinePath) && (variablesRole !== noOne || restrictsVariables === false);
  return [
    ...(isPinning
      ? [
          {
            what: `variables of pipelines of ${path}: nobody may give any`,
            call: editProjectCall(path, {
              restrict_user_defined_variables: true,
              ci_pipeline_variables_minimum_override_role: noOne,
            }),
            when: 'before' as const,
          },
        ]
      : []),
    ...(wanted === undefined || settings.pipelinePath === wanted
      ? []
      : [
          {
            what: `pipeline file of ${path}: ${wanted === '' ? '.gitlab-ci.yml' : wanted}`,
            call: editProjectCall(path, { ci_config_path: wanted }),
            when: 'before' as const,
          },
        ]),
  ];
}

const noOne = 'no_one_allowed';

/** What is missing of a setup, in an order in which each part can be the last that was done. */
export function planSetup(wish: ProjectWish, facts: ProjectFacts): SetupPlan {
  const { setup } = facts;
  if (wish.setup === undefined || setup === undefined || !isSetUp(wish, facts))
    return { settings: [], protects: [], warnings: [] };
  const begun = { ...facts, defaultBranch: facts.defaultBranch ?? wish.setup.defaultBranch };
  const starts = isStarting(wish, wish.setup, setup);
  const starter = starts ? planStarter(wish, wish.setup, setup, begun.defaultBranch) : [];
  return {
    settings: [
      ...planRepository(wish, begun, setup),
      ...planEnvironments(wish, facts, setup),
      ...planJobs(wish, facts, setup),
      ...(starts ? planSchedule(wish, setup, begun.defaultBranch, starter.length > 0) : []),
      ...starter,
    ],
    protects: unprotected(wish, facts),
    warnings: starts ? planWarnings(wish, setup, starter.length > 0) : [],
  };
}

/** Environments that its tier could protect, but that are not protected. */
function unprotected({ environmentPrefix, environments }: ProjectWish, facts: ProjectFacts): string[] {
  if (!facts.canProtectEnvironments) return [];
  const names = environments.map(({ environment }) => `${environmentPrefix}${environment}`);
  return names.filter((name) => !facts.protectedEnvironments.includes(name));
}

/** A first commit in an empty repository, which thereby has a default branch; the environments' branches in one that vending made. */
function planRepository(wish: ProjectWish, facts: ProjectFacts, setup: SetupFacts): Setting[] {
  const { path, environments, tenant } = wish;
  const { defaultBranch = '', settings } = facts;
  if (settings.isEmpty) {
    const commit = { branch: defaultBranch, message: 'First commit' };
    const call = commitCall(path, commit, [{ path: 'README.md', text: firstText(tenant) }]);
    return [{ what: `branch ${defaultBranch}: create, with a README.md`, call, when: 'before' }];
  }
  if (settings.description !== madeDescription(tenant)) return [];
  return environments
    .filter(({ branch }) => !setup.branches.includes(branch))
    .map(({ branch }) => ({
      what: `branch ${branch}: create, where ${defaultBranch} is`,
      call: createBranchCall(path, branch, defaultBranch),
      when: 'before',
    }));
}

function planEnvironments(wish: ProjectWish, facts: ProjectFacts, setup: SetupFacts): Setting[] {
  const { path, environmentPrefix } = wish;
  return wish.environments.flatMap(({ environment }): Setting[] => {
    const name = `${environmentPrefix}${environment}`;
    const tier = tiers[environment] ?? 'other';
    const present = setup.environments.find((each) => each.name === name);
    const isTiered = present === undefined || present.tier === undefined || present.tier === tier;
    const isProtected = !unprotected(wish, facts).includes(name);
    return [
      ...(present === undefined
        ? [before(`environment ${name}: create, tier ${tier}`, createEnvironmentCall(path, name, tier))]
        : []),
      ...(present === undefined || isTiered
        ? []
        : [
            before(`environment ${name}: tier ${tier} instead of ${present.tier}`, setTierCall(path, present.id, tier)),
          ]),
      // Its roles ask for that then, so it comes before them.
      ...(isProtected
        ? []
        : [
            {
              ...before(`environment ${name}: protect; Maintainers deploy`, protectEnvironmentCall(path, name)),
              optional,
            },
          ]),
    ];
  });
}

/** Outdated deployment jobs are prevented, and of jobs that wait for each other the newest goes first. */
function planJobs({ path, tenant, environments }: ProjectWish, { settings }: ProjectFacts, setup: SetupFacts) {
  const keys = environments.map(({ environment }) => `vendhost-${tenant}-${environment}`);
  const groups = setup.resourceGroups.filter(({ key, mode }) => keys.includes(key) && mode !== processMode);
  const isOther = settings.processMode !== undefined && settings.processMode !== processMode;
  const mode = { resource_group_default_process_mode: processMode };
  return [
    ...(settings.forwardDeployment === false
      ? [after('outdated deployment jobs: prevent', editProjectCall(path, { ci_forward_deployment_enabled: true }))]
      : []),
    // Neither the setting nor this mode is in every GitLab.
    ...(isOther ? [{ ...after(`resource groups: ${processMode}`, editProjectCall(path, mode)), optional }] : []),
    ...groups.map(({ key, mode: present }) => ({
      ...after(`resource group ${key}: ${processMode} instead of ${present}`, setProcessModeCall(path, key)),
      optional,
    })),
  ];
}

const optional = true as const;
const after = (what: string, call: PlannedCall): Setting => ({ what, call, when: 'after' });
const before = (what: string, call: PlannedCall): Setting => ({ what, call, when: 'before' });

/** Description of the schedule that vending makes: GitLab says nothing else of who made one. */
export function scheduleOf(tenant: string): string {
  return `Drift check of the tenant ${tenant}`;
}

/**
 * Two vends at the same moment make two schedules: GitLab accepts duplicates. Of those that are the same in all that vending sets the first
 * stays; what people made or changed is theirs.
 */
export function planRepeatedSchedules({ path, tenant }: ProjectWish, { setup }: ProjectFacts): Setting[] {
  const own = (setup?.schedules ?? [])
    .filter(({ description }) => description === scheduleOf(tenant))
    .toSorted((one, other) => one.id - other.id);
  const repeated = own.filter(
    (each, index) => own.findIndex(({ ref, cron }) => ref === each.ref && cron === each.cron) < index,
  );
  return repeated.map(({ id, description }) =>
    after(`pipeline schedule "${description}", number ${id}: remove, it exists twice`, removeScheduleCall(path, id)),
  );
}

/** A night's check, where the pipeline file has its job, or the starter merge request brings it. GitLab takes a schedule twice. */
function planSchedule(
  { path, tenant, pipelinePath, setup: wanted }: ProjectWish,
  setup: SetupFacts,
  ref: string,
  isStarted: boolean,
): Setting[] {
  const description = scheduleOf(tenant);
  if (wanted?.isReported === true) return [];
  const isThere = setup.schedules.some((each) => each.description === description);
  if (isThere || !hasCheck(setup, isStarted) || isPinned(pipelinePath)) return [];
  const schedule = { description, ref, cron: cronOf(tenant) };
  const what = `pipeline schedule "${description}": create, ${schedule.cron} on ${ref}`;
  return [{ what, call: createScheduleCall(path, schedule), when: 'after' }];
}

const hasCheck = ({ pipelineFile }: SetupFacts, isStarted: boolean) =>
  isStarted || pipelineFile?.includes(driftTemplate) === true;

export const isPinned = (pipelinePath: string | undefined) => pipelinePath !== undefined && pipelinePath !== '';

/** A branch with the files that are not there, and its merge request, after which a project is its people's. */
function planStarter(
  { path, tenant, pipelinePath }: ProjectWish,
  { files, isReported }: SetupWish,
  setup: SetupFacts,
  target: string,
): Setting[] {
  // If there is a pipeline file, somebody has already started.
  if (setup.pipelineFile !== undefined || setup.starter === 'request') return [];
  const missing = files.filter(
    (file) =>
      !setup.root.includes(file.path.split('/')[0] ?? '') &&
      !(isPinned(pipelinePath) && file.path === '.gitlab-ci.yml'),
  );
  if (missing.length === 0) return [];
  const commit = { branch: starterBranch, from: target, message: `Start the virtual hosts of ${tenant}` };
  const request = {
    ...{ source: starterBranch, target, title: commit.message },
    description: `What the tenant ${tenant} begins with: ${isReported ? '' : 'its pipeline, '}what the machine needs, and a page to see it work. Merging it deploys the page. It was opened by \`vendhost tenant vend\`.`,
  };
  return [
    ...(setup.starter === 'branch'
      ? []
      : [
          {
            what: `branch ${starterBranch}: create, with ${missing.map((file) => file.path).join(', ')}`,
            call: commitCall(path, commit, missing),
            when: 'after' as const,
          },
        ]),
    {
      what: `merge request from ${starterBranch} into ${target}: open`,
      call: mergeRequestCall(path, request),
      when: 'after',
    },
  ];
}

/** What an adopted project keeps, and vending does without. */
function planWarnings(
  { path, tenant, pipelinePath, setup: wanted }: ProjectWish,
  setup: SetupFacts,
  isStarted: boolean,
) {
  const warnings: ProjectFinding[] = [];
  if (wanted?.isReported !== true && !isPinned(pipelinePath) && !hasCheck(setup, isStarted)) {
    warnings.push({
      code: 'DRIFT_UNSCHEDULED',
      message: `${path} gets no schedule for drift checks: its pipeline file has no ${driftTemplate}`,
      hint: `add that template (docs/drift.md), then \`vendhost tenant adopt ${tenant}\` once more`,
    });
  }
  return warnings;
}
