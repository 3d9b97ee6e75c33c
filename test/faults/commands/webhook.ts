import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { Aws } from '../../../scripts/aws/session.ts';
import { names } from '../../../scripts/config/names.ts';
import { vendTenant } from '../../../scripts/tenant/vend.ts';
import { tokenHash } from '../../../scripts/webhook/function/webhook-secret.ts';
import { readVendedSecret } from '../../../scripts/webhook/vend-webhook.ts';
import { makePlatform } from '../../builders/platform.ts';
import { platformRepository } from '../../builders/platform-repository.ts';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../../local-cloud/clients.ts';
import { type LocalGitlab, startLocalGitlab } from '../../local-gitlab/api.ts';
import type { Prepared, Subject, World } from '../world.ts';

const place = { environment: 'dev', tenant: 'shop' } as const;
const paths = { infrastructure: 'acme/machine', software: 'acme/shop' } as const;
const hosts = { dev: ['shop.dev.example.com'] };
const one = { project: paths.software, hosts, intake: 'webhook' };
const two = { projects: paths, hosts, intake: 'webhook' };

/** What GitLab has, and whether AWS has the same tokens. */
async function tokens(aws: Aws, gitlab: LocalGitlab): Promise<string[]> {
  const secret = await readVendedSecret(aws, place);
  const clones = await Promise.all(
    [undefined, 'infrastructure' as const, 'software' as const].map((half) =>
      secretText(aws, names.cloneSecret(place, half)),
    ),
  );
  return Object.values(paths).flatMap((path) => {
    const project = gitlab.state.project(path);
    if (project === undefined) return [];
    const known = secret?.projects.find(({ projectId }) => projectId === project.id)?.tokens ?? [];
    const isKnown = (token: string) =>
      known.some(({ sha256, until }) => sha256 === tokenHash(token) && until === undefined);
    return [
      ...gitlab.state.hooks.hooks(project).map(({ token }) => `webhook of ${path}, ${isKnown(token)}`),
      ...gitlab.state.hooks
        .deployTokens(project)
        .map(({ token }) => `deploy token of ${path}, ${clones.some((text) => text.includes(`"${token}"`))}`),
      ...gitlab.variables(path).map(({ key, environment_scope: scope }) => `variable ${key} of ${scope}, ${path}`),
    ];
  });
}

async function secretText(aws: Aws, SecretId: string): Promise<string> {
  const asked = (await aws.secretsManager()).send(new GetSecretValueCommand({ SecretId }));
  return (await asked.catch(() => undefined))?.SecretString ?? '';
}

/** A platform with an endpoint for webhooks, and a tenant whose file is this, vended as it was before. */
async function ready({ account }: World, file: object, before?: object): Promise<Omit<Prepared, 'words'>> {
  await makePlatform(account, { network: true, balancers: 1 });
  await new Stacks(clientConfig(account.endpoint, account.account)).create(names.webhookStack, {
    resources: { Any: { Type: 'AWS::SSM::Parameter', Properties: { Name: '/any', Type: 'String', Value: 'any' } } },
    outputs: { Address: 'https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/v1' },
  });
  const { directory, writePlatform, writeTenant } = await platformRepository(account.account);
  await writePlatform({}, { webhook: { image: 'runner:1' } });
  const gitlab = await startLocalGitlab({ projects: [paths.infrastructure, paths.software] });
  const env = { VENDHOST_GITLAB_TOKEN: gitlab.token };
  if (before !== undefined) {
    await writeTenant(place.tenant, before);
    const runtime = account.runtime();
    const withToken = { ...runtime, env: { ...runtime.env, ...env, CI_API_V4_URL: gitlab.api } };
    await vendTenant(withToken, { ...place, directory, dryRun: false, protectBranches: true });
  }
  await writeTenant(place.tenant, file);
  return { cwd: directory, env, gitlab, things: () => tokens(account.aws, gitlab) };
}

const vend = ['tenant', 'vend', place.tenant, '--environment', place.environment, '--protect-branches'];

export const webhookVend: Subject = {
  name: 'webhook vend, two projects',
  prepare: async (world) => ({ ...(await ready(world, two)), words: vend }),
};

export const webhookVendSplit: Subject = {
  name: 'webhook vend, one project becomes two',
  prepare: async (world) => ({ ...(await ready(world, two, one)), words: vend }),
};

export const webhookVendJobs: Subject = {
  name: 'webhook vend, jobs again',
  prepare: async (world) => ({ ...(await ready(world, { projects: paths, hosts }, two)), words: vend }),
};

export const webhookRotate: Subject = {
  name: 'webhook rotate',
  prepare: async (world) => ({ ...(await ready(world, two, two)), words: [...vend, '--rotate-webhook'] }),
};

export const webhookRetire: Subject = {
  name: 'webhook retire, two projects',
  async prepare(world) {
    const words = ['tenant', 'retire', place.tenant, '--environment', place.environment, '--delete-files'];
    return { ...(await ready(world, two, two)), words };
  },
};
