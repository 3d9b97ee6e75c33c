import { inject } from 'vitest';
import { type Aws, openAws } from '../../scripts/aws/session.ts';
import { accountEnvironment, type LocalCloudAddress } from '../local-cloud/start.ts';
import { type Recorder, type RecorderOptions, recorder } from './recorder.ts';

/** An account of a local cloud, with the credentials of its root user. A test file has accounts of its own. */
export interface CloudAccount {
  readonly account: string;
  readonly endpoint: string;
  /** Environment of a command that works in this account. */
  readonly env: Readonly<Record<string, string>>;
  readonly aws: Aws;
  /** A runtime of such a command. */
  runtime(options?: RecorderOptions): Recorder;
}

/** The account with this number (12 digits); without an address, in the local cloud that the test files share. */
export function cloudAccount(account: string, cloud: LocalCloudAddress = inject('localCloud')): CloudAccount {
  const env = accountEnvironment(cloud, account);
  return {
    account,
    endpoint: cloud.endpoint,
    env,
    aws: openAws(recorder(env)),
    runtime: (options) => recorder(env, options),
  };
}
