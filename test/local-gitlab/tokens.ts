import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from 'jose';

/** What GitLab knows of a job when it mints an ID token for it. */
export interface TokenSubject {
  /** `group/project` */
  projectPath: string;
  projectId?: number;
  /** Claims that make the subject. Default: GitLab's, `project_path, ref_type, ref` */
  subjectComponents?: readonly string[];
  environmentProtected?: boolean;
  /** Branch or tag. */
  ref: string;
  refType?: 'branch' | 'tag';
  /** `CI_PIPELINE_SOURCE` */
  pipelineSource?: string;
  pipelineId?: string;
  jobId?: string;
  sha?: string;
  environment?: string;
  environmentAction?: string;
  /** Default: true for branches, as the branches of environments are protected. */
  refProtected?: boolean;
  userLogin?: string;
}

export interface MintOptions {
  audience: string | string[];
  /** Default: 3600, the default time-out of a job. Negative: an expired token. */
  lifetimeSeconds?: number;
  /** Claims that replace the real ones, to try what must be refused. */
  claims?: Readonly<Record<string, unknown>>;
}

export interface IdTokenIssuer {
  /** The claim `iss`: address of GitLab, or its setting `ci_id_tokens_issuer_url`. */
  readonly issuer: string;
  /** Public keys; a relying party without a network reads this file. */
  readonly jwksFile: string;
  readonly jwks: JSONWebKeySet;
  mint(subject: TokenSubject, options: MintOptions): Promise<string>;
}

/**
 * Signs tokens as GitLab does for `id_tokens` (https://docs.gitlab.com/ci/secrets/id_token_authentication/#token-payload):
 * RS256, every number and boolean a text.
 */
export async function createIssuer(options: {
  issuer: string;
  /** Address of GitLab, where that is not the issuer. */
  gitlab?: string;
  directory: string;
}): Promise<IdTokenIssuer> {
  const { gitlab = options.issuer } = options;
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const kid = randomUUID();
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' }] };
  const jwksFile = join(options.directory, 'jwks.json');
  await mkdir(options.directory, { recursive: true });
  await writeFile(jwksFile, JSON.stringify(jwks));
  return {
    issuer: options.issuer,
    jwksFile,
    jwks,
    mint(subject, { audience, lifetimeSeconds = 3600, claims = {} }) {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({
        ...claimsOf(subject, gitlab),
        iss: options.issuer,
        aud: audience,
        jti: randomUUID(),
        iat: now,
        nbf: now - 5,
        exp: now + lifetimeSeconds,
        ...claims,
      })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid })
        .sign(privateKey);
    },
  };
}

function claimsOf(subject: TokenSubject, gitlab: string): Record<string, string> {
  const { projectPath, ref, refType = 'branch', pipelineId = '1', jobId = '1', sha = '0'.repeat(40) } = subject;
  const userLogin = subject.userLogin ?? 'developer';
  const refPath = `${refType === 'tag' ? 'refs/tags' : 'refs/heads'}/${ref}`;
  const host = new URL(gitlab).host;
  const claims: Record<string, string> = {
    namespace_id: '1216',
    namespace_path: projectPath.split('/').slice(0, -1).join('/'),
    project_id: String(subject.projectId ?? 1217),
    project_path: projectPath,
    project_visibility: 'private',
    user_id: '1000',
    user_login: userLogin,
    user_email: `${userLogin}@${host}`,
    user_access_level: 'developer',
    pipeline_id: pipelineId,
    pipeline_source: subject.pipelineSource ?? 'push',
    job_id: jobId,
    ref,
    ref_type: refType,
    ref_path: refPath,
    ref_protected: String(subject.refProtected ?? refType === 'branch'),
    sha,
    runner_id: '1',
    runner_environment: 'self-hosted',
    ci_config_ref_uri: `${host}/${projectPath}//.gitlab-ci.yml@${refPath}`,
    ci_config_sha: sha,
    ...(subject.environment
      ? {
          environment: subject.environment,
          environment_protected: String(subject.environmentProtected ?? false),
          deployment_tier: deploymentTier(subject.environment),
          environment_action: subject.environmentAction ?? 'start',
        }
      : {}),
  };
  return { sub: subjectOf(claims, subject.subjectComponents ?? ['project_path', 'ref_type', 'ref']), ...claims };
}

/** As `lib/gitlab/ci/jwt_v2.rb` puts it together: a component the job has no claim for is left out. */
function subjectOf(claims: Readonly<Record<string, string>>, components: readonly string[]): string {
  return components.flatMap((name) => (claims[name] === undefined ? [] : [`${name}:${claims[name]}`])).join(':');
}

/** https://docs.gitlab.com/ci/environments/#deployment-tier-of-environments */
function deploymentTier(environment: string): string {
  if (/prod|live/i.test(environment)) return 'production';
  if (/stag|model|pre|demo|non-prod/i.test(environment)) return 'staging';
  if (/dev|review|trunk/i.test(environment)) return 'development';
  if (/test|tst|int|ac(ce|)pt|qa|qc|control|quality/i.test(environment)) return 'testing';
  return 'other';
}

export interface DiscoveryEndpoint {
  /** `http://127.0.0.1:PORT`; serves `/.well-known/openid-configuration` and `/oauth/discovery/keys`. */
  readonly address: string;
  stop(): Promise<void>;
}

/** Serves the issuer's public keys on loopback, for a relying party that fetches them. */
export async function serveDiscovery(issuer: IdTokenIssuer): Promise<DiscoveryEndpoint> {
  const server = createServer((request, response) => {
    const pages: Record<string, unknown> = {
      '/.well-known/openid-configuration': {
        issuer: issuer.issuer,
        jwks_uri: `${address}/oauth/discovery/keys`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      },
      '/oauth/discovery/keys': issuer.jwks,
    };
    const page = pages[request.url ?? ''];
    response.writeHead(page ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(page ?? { error: '404 Not Found' }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A forgotten endpoint must not keep its process alive.
  server.unref();
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the discovery endpoint has no port');
  const address = `http://127.0.0.1:${bound.port}`;
  return {
    address,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
