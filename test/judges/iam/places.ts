import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { names, type Place } from '../../../scripts/config/names.ts';
import { facts } from '../../builders/sample.ts';

/** Both environments are in one account and region: there only names and tags keep them apart. */
export const account = '111111111111';
export const region = 'eu-west-1';
export const gitlab = 'https://gitlab.example.com';
export const audience = 'https://vendhost.example.com';
export const environments = ['dev', 'production'] as const;

/** Names that begin, end or read like one another, or like an environment, a role or a folder of the bucket. */
export const tenants = ['shop', 'sho', 'shop2', 'shop-dev', 'shop-deploy', 'production', 'claims'] as const;

export const places = environments.flatMap((environment) => tenants.map((tenant) => ({ environment, tenant })));

/** Tenants of dev that are vended otherwise: without a runner, with a project for each half, and both. */
export const otherTenants = ['push', 'push2', 'duo', 'pushduo'] as const;

export const otherPlaces = otherTenants.map((tenant) => ({ environment: 'dev' as const, tenant }));

/** The project with the infrastructure, of a tenant that has two. */
export function machineProjectOf(tenant: string): string {
  return `acme/${tenant}-machine`;
}

export function projectOf(tenant: string): string {
  return `acme/${tenant}`;
}

/** The project whose jobs approve in production. */
export const approvals = { project: 'acme/approvals', branch: 'main' } as const;

/** Facts of an environment: production has things of its own everywhere. */
export function factsOf(environment: string): PlatformFacts {
  if (environment === 'dev') return facts;
  const text = JSON.stringify(facts)
    .replaceAll('vendhost-dev', `vendhost-${environment}`)
    .replaceAll(/(vpc-|subnet-|sg-|key\/)0/g, '$1f')
    .replaceAll('50dc6c495c0c9188', '90dc6c495c0c9188')
    .replaceAll('10.10.', '10.30.');
  return { ...(JSON.parse(text) as PlatformFacts), approval: true, domain: `${environment}.example.com` };
}

/** `shop/dev`: how cases call a place. */
export function shown({ tenant, environment }: Place): string {
  return `${tenant}/${environment}`;
}

export function arn(service: string, resource: string): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}

/** An object of an environment's bucket. */
export function objectOf(environment: string, key: string): string {
  return `arn:aws:s3:::${names.bucket(environment, account, region)}/${key}`;
}
