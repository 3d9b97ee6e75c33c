/**
 * What tenants can do without access to AWS: all jobs run then, whatever the last push changed.
 * (https://docs.gitlab.com/ci/pipelines/#run-a-pipeline-manually)
 */
export const newPipeline = 'start a new pipeline on the branch (Build > Pipelines > New pipeline)';
