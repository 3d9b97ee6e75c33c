import {
  approveTemplate,
  driftTemplate,
  fleetTemplate,
  infrastructureTemplate,
  operationsTemplate,
  softwareTemplate,
  type Template,
  tenantTemplate,
  upkeepTemplate,
} from './templates.ts';

type Inputs = Readonly<Record<string, unknown>>;

/** A value for every input of a template, none of them its default. */
export function everyInput(template: Template): Inputs {
  if (template === driftTemplate) return { ...common, ...ofDrift };
  if (template === approveTemplate) return { ...common, tenant: 'shop', environment: 'staging', reason: 'tested' };
  if (template === operationsTemplate) return { ...common, ...ofOperations };
  if (template === upkeepTemplate) return { ...common, ...ofUpkeep };
  if (template === infrastructureTemplate || template === softwareTemplate) {
    const { infrastructure: _always, ...ofHalf } = ofTenant;
    return { ...common, ...ofHalf };
  }
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

const ofOperations: Inputs = {
  tenant: 'shop',
  operation: 'run',
  instance: 'i-0123456789abcdef0',
  revision: '01234567',
  command: 'echo "$HOME" \'; $(id)',
  reason: 'a "reason" $CI_JOB_TOKEN',
  environment_prefix: 'shop/',
};

const ofUpkeep: Inputs = {
  tenant: 'shop',
  updates: 'manual',
  dev_branch: 'develop',
  staging_branch: 'release/next',
  production_branch: 'main',
  directory: 'tenants/shop/',
  environment_prefix: 'shop/',
};
