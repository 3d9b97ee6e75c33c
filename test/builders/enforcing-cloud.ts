import { join } from 'node:path';
import { type LocalCloud, placeEnvironment, startLocalCloud } from '../local-cloud/start.ts';
import { createIssuer, type TokenSubject } from '../local-gitlab/tokens.ts';
import { type CloudAccount, cloudAccount } from './account.ts';
import { type Recorder, recorder } from './recorder.ts';

/** Who a job is: the project and the branch it runs for, and what else its ID token says. */
export interface JobOptions extends Readonly<TokenSubject> {
  /** Default: the address of GitLab, as `platform.yml` has it. */
  readonly audience?: string;
  /** Claims that replace the real ones. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** A local cloud of a test file's own, which enforces IAM and checks the signatures of ID tokens. */
export interface EnforcingCloud {
  readonly cloud: LocalCloud;
  /** An account with the credentials of its root user: a person who works by hand. */
  person(account: string): CloudAccount;
  /** The runtime of a job: its ID token, where AWS is, and these variables of CI. */
  job(options: JobOptions, variables?: Readonly<Record<string, string>>): Promise<Recorder>;
}

const gitlab = 'https://gitlab.example.test';

/** Starts the cloud; the issuer of ID tokens keeps its keys below the directory. Whoever starts it stops it. */
export async function startEnforcingCloud(directory: string, address: string = gitlab): Promise<EnforcingCloud> {
  const issuer = await createIssuer({ issuer: address, gitlab, directory: join(directory, 'issuer') });
  const cloud = await startLocalCloud({ auth: true, jwksFile: issuer.jwksFile, say: () => undefined });
  return {
    cloud,
    person: (account) => cloudAccount(account, cloud),
    async job({ audience = gitlab, claims = {}, ...subject }, variables = {}) {
      const token = await issuer.mint(subject, { audience, claims });
      return recorder({ ...placeEnvironment(cloud), VENDHOST_ID_TOKEN: token, ...variables });
    },
  };
}
