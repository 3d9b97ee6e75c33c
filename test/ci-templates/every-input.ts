import { driftTemplate, fleetTemplate, type Template, tenantTemplate } from './templates.ts';

type Inputs = Readonly<Record<string, unknown>>;

/** A value for every input of a template, none of them its default. */
export function everyInput(template: Template): Inputs {
  if (template === driftTemplate) return { ...common, ...ofDrift };
  if (template === fleetTemplate) return { ...common, stage: 'plan' };
  return { ...common, ...(template === tenantTemplate ? ofTenant : ofPlatform) };
}

const common: Inputs = {
  image: 'registry.example.test:5050/mirror/vendhost',
  tags: ['big', 'docker'],
  audience: 'https://aws.example.test',
  job_prefix: 'vendhost ',
  verbose: true,
};

const ofTenant: Inputs = {
  tenant: 'shop',
  dev_branch: 'develop',
  staging_branch: 'release/next',
  production_branch: 'main',
  infrastructure: 'changed',
  directory: 'tenants/shop/',
  environment_prefix: 'shop/',
};

const ofPlatform: Inputs = {
  branch: 'release/platform',
  environments: 'dev production',
  automatic: 'none',
};

const ofDrift: Inputs = {
  stage: 'plan',
  tenant: 'shop',
  environments: ['dev', 'production'],
  shards: ['1/2', '2/2'],
};
