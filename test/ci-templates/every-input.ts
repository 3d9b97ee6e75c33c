import { jobNames, type PipelineFile, tenantPipeline } from './templates.ts';

type Inputs = Readonly<Record<string, unknown>>;

/** A value for every input of a pipeline file, none of them its default. */
export function everyInput(pipeline: PipelineFile): Inputs {
  return { ...common(pipeline), ...(pipeline === tenantPipeline ? ofTenant : ofPlatform) };
}

function common({ stages }: PipelineFile): Inputs {
  return {
    image: 'registry.example.test/mirror/vendhost@sha256:0123',
    tags: ['big', 'docker'],
    id_token_audience: 'https://aws.example.test',
    stages: ['lint', ...stages],
    job_prefix: 'vendhost ',
  };
}

const ofTenant: Inputs = {
  tenant: 'shop',
  dev_branch: 'develop',
  staging_branch: 'release/next',
  production_branch: 'main',
  infrastructure_paths: ['machine/**/*'],
  ...perJob(jobNames),
};

const ofPlatform: Inputs = {
  branch: 'release/platform',
  environments: 'dev production',
  automatic: 'none',
  prepare_expire_in: '2 days',
  ...perJob(['validate', 'plan', 'prepare', 'deploy']),
};

/** Rules, needs and timeout of each job; the values name the job, so that none can be handed to another. */
function perJob(jobs: readonly string[]): Inputs {
  return Object.assign(
    {},
    ...jobs.map((job, index) => ({
      [`${job}_rules`]: [{ if: `$SKIP == "${job}"`, when: 'never' }],
      [`${job}_needs`]: [{ job: `lint-${job}`, optional: true }],
      [`${job}_timeout`]: `${index + 5}m`,
    })),
  );
}

/** The jobs that these inputs name, which the project has to have. */
export function neededJobs(pipeline: PipelineFile): Inputs {
  const needs = Object.entries(everyInput(pipeline)).filter(([name]) => name.endsWith('_needs'));
  return Object.fromEntries(
    needs.map(([name]) => [`lint-${name.replace('_needs', '')}`, { stage: 'lint', script: ['true'] }]),
  );
}
