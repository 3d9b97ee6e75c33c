import { execa } from 'execa';
import { z } from 'zod';
import type { Aws } from '../aws/session.ts';
import { names, type Place } from '../config/names.ts';
import { VendhostError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { parseObject } from './function/webhook-secret.ts';
import { halfOfBuild, repositoryVariable } from './reported-push.ts';

/** The secret's value: a deploy token of the project. Vending writes it. */
export const cloneSecretSchema = z.object({ username: z.string().min(1), password: z.string().min(1) });

/** A branch of the tenant's repository. */
export interface Branch {
  /** Its present commit; empty if the branch no longer exists. */
  head(): Promise<string>;
  /** Checks its newest commit out, alone, into the folder; the commit. */
  clone(): Promise<string>;
}

const limitMs = 10 * 60_000;

/**
 * Opens a branch with the tenant's deploy token. The token is in git's environment only: neither in its arguments nor in the checkout. What
 * is done with it throws `CLONE_FAILED`.
 */
export async function openBranch(
  runtime: Runtime,
  aws: Aws,
  { place, branch, directory }: { place: Place; branch: string; directory: string },
): Promise<Branch> {
  const repository = runtime.env[repositoryVariable] ?? '';
  const { username, password } = await readToken(aws, names.cloneSecret(place, halfOfBuild(runtime)));
  runtime.out.redact(password);
  const header = `Authorization: Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const env = {
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${repository}.extraHeader`,
    GIT_CONFIG_VALUE_0: header,
  };
  const git = async (...words: string[]): Promise<string> => {
    const options = { cwd: directory, env, timeout: limitMs, cancelSignal: runtime.signal, reject: false } as const;
    const { exitCode, stdout, stderr } = await execa('git', words, options);
    runtime.signal.throwIfAborted();
    if (exitCode === 0) return stdout;
    throw new VendhostError('CLONE_FAILED', `cannot clone ${branch} of ${repository}`, {
      details: String(stderr).split('\n').filter(Boolean).slice(-5),
      hint: 'vend the tenant again: it renews a missing deploy token, and the address if the project moved',
    });
  };
  const ref = `refs/heads/${branch}`;
  return {
    head: async () => (await git('ls-remote', repository, ref)).split('\t')[0] ?? '',
    async clone() {
      await git('init', '--quiet');
      await git('fetch', '--quiet', '--depth', '1', '--no-tags', repository, ref);
      const commit = (await git('rev-parse', 'FETCH_HEAD')).trim();
      await git('checkout', '--quiet', '--detach', commit);
      return commit;
    },
  };
}

async function readToken(aws: Aws, SecretId: string) {
  const { GetSecretValueCommand, ResourceNotFoundException } = await import('@aws-sdk/client-secrets-manager');
  const read = (await aws.secretsManager()).send(new GetSecretValueCommand({ SecretId }));
  const { SecretString = '' } = await read.catch((error: unknown) => {
    // Vending has made the secret, and not written it yet.
    if (error instanceof ResourceNotFoundException) return { SecretString: undefined };
    throw error;
  });
  const token = cloneSecretSchema.safeParse(parseObject(SecretString));
  if (token.success) return token.data;
  throw new VendhostError('CLONE_FAILED', `the secret ${SecretId} has no deploy token`, {
    hint: 'vend the tenant again: it makes a deploy token and stores it',
  });
}
