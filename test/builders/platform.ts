import { PutParameterCommand } from '@aws-sdk/client-ssm';
import type { Aws } from '../../scripts/aws/session.ts';
import type { Environment } from '../../scripts/config/environment.ts';
import type { PlatformFacts } from '../../scripts/config/facts.ts';
import { names } from '../../scripts/config/names.ts';
import type { CloudAccount } from './account.ts';
import { makeBalancer } from './balancer.ts';
import { makeBucket } from './bucket.ts';
import { makeNetwork } from './network.ts';
import { platformFacts } from './sample.ts';

export interface PlatformOptions {
  readonly environment?: Environment;
  /** With a VPC, a key and the builder's instance profile: instances and images can be made. */
  readonly network?: boolean;
  /** How many load balancers there are. */
  readonly balancers?: number;
}

/** An environment's platform, made by API calls: what a job of a tenant finds in its account. */
export interface Platform extends CloudAccount {
  readonly environment: Environment;
  readonly bucket: string;
  /** Facts as they are published; those of resources nobody asked for are sample values. */
  readonly facts: PlatformFacts;
  /** Listeners of the load balancers, in their order. */
  readonly listeners: readonly string[];
}

/** Makes the bucket and what the options ask for, and publishes the facts. */
export async function makePlatform(account: CloudAccount, options: PlatformOptions = {}): Promise<Platform> {
  const { environment = 'dev', network = false, balancers = 0 } = options;
  const sample = platformFacts(environment, account.account);
  const numbers = Array.from({ length: balancers }, (_, index) => index + 1);
  const [made, balancing] = await Promise.all([
    network ? makeNetwork(account, environment) : {},
    Promise.all(numbers.map((number) => makeBalancer(account.aws, names.loadBalancer(environment, number)))),
    account.aws.s3().then((s3) => makeBucket(s3, sample.bucket)),
  ]);
  const facts = { ...sample, ...made, ...balancing[0] };
  const further = balancing
    .slice(1)
    .flatMap((each, index) =>
      Object.entries(each).map(([fact, value]) => [names.balancerFact(fact, index + 2), value] as const),
    );
  await Promise.all(
    [...Object.entries(facts), ...further].map(([fact, value]) =>
      putParameter(account.aws, `${names.factsPath(environment)}/${fact}`, String(value)),
    ),
  );
  const listeners = balancing.map((each) => each['listener-arn']);
  return { ...account, environment, bucket: facts.bucket, facts, listeners };
}

export async function putParameter(aws: Aws, Name: string, Value: string): Promise<void> {
  await (await aws.ssm()).send(new PutParameterCommand({ Name, Value, Type: 'String', Overwrite: true }));
}
