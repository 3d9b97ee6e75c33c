import type { Tag } from '@aws-sdk/client-ec2';
import { ConditionalObjects } from '../aws/objects.ts';
import { readPublishedFacts } from '../aws/read-facts.ts';
import type { Aws } from '../aws/session.ts';
import { environments } from '../config/environment.ts';
import { keys, type Place } from '../config/names.ts';
import { hostClaimSchema, revisionPushSchema } from '../config/stored.ts';
import { VendhostError } from '../errors.ts';
import { describeImages } from '../image/describe.ts';
import type { RecordedExecution, ReleaseStore } from '../release/history/executions.ts';
import { findRelease } from '../release/history/find-release.ts';
import { openStore } from '../release/history/open-store.ts';
import { type AskedName, hostsOver } from './asked.ts';

/** Where the requested name was found; for a release, which one. */
export interface FoundName {
  readonly place: Place;
  /** Image of an instance, even of one that has left the group. */
  readonly image?: string | undefined;
  readonly execution?: RecordedExecution;
  /** Key of a revision that was pushed and never released. */
  readonly revision?: string;
}

/** What a person said of the place. */
export type SaidPlace = Partial<Place>;

/** Finds whose it is; throws `NAME_UNKNOWN`, and `USAGE` where the tenant must be said. */
export async function findAsked(aws: Aws, asked: AskedName, said: SaidPlace): Promise<FoundName> {
  const found = await finders[asked.kind](aws, asked, said);
  if (found !== undefined && isAsSaid(found.place, said)) return found;
  const where = said.environment ?? `any environment of this account in ${aws.region}`;
  const whose = said.tenant === undefined ? '' : ` of ${said.tenant}`;
  throw new VendhostError('NAME_UNKNOWN', `no ${nouns[asked.kind]} ${asked.name}${whose} in ${where}`, {
    hint: `each environment may have an account of its own: use its credentials and AWS_REGION. ${gone[asked.kind]}`,
  });
}

type Finder = (aws: Aws, asked: AskedName, said: SaidPlace) => Promise<FoundName | undefined>;

const nouns: Readonly<Record<AskedName['kind'], string>> = {
  host: 'host',
  instance: 'instance',
  image: 'image',
  release: 'revision, commit or execution',
};

const gone: Readonly<Record<AskedName['kind'], string>> = {
  host: '`vendhost platform status` shows all hosts',
  instance: 'EC2 forgets an instance an hour after its end; `vendhost host logs --instance` may have its logs',
  image: 'an image that was pruned is gone; `vendhost image list` shows the others',
  release: 'CodePipeline keeps executions for twelve months; `vendhost release list` shows them',
};

const finders: Readonly<Record<AskedName['kind'], Finder>> = {
  host: findHostName,
  instance: findInstanceName,
  image: findImageName,
  release: findNamedRelease,
};

/** The claims say it, those of wildcards too: rules send a host to the one that names it best. */
async function findHostName(aws: Aws, { name }: AskedName, said: SaidPlace): Promise<FoundName | undefined> {
  for (const environment of environmentsOf(said)) {
    const { bucket } = (await readPublishedFacts(aws, environment)).values;
    if (bucket === undefined) continue;
    const claims = new ConditionalObjects(aws, bucket, hostClaimSchema);
    for (const host of hostsOver(name)) {
      const claim = await claims.read(keys.hostClaim(host));
      if (claim !== undefined) return { place: { environment, tenant: claim.value.tenant } };
    }
  }
  return undefined;
}

async function findInstanceName(aws: Aws, { name }: AskedName): Promise<FoundName | undefined> {
  const { DescribeInstancesCommand } = await import('@aws-sdk/client-ec2');
  // With a filter: EC2 refuses a call with the id of a deleted instance.
  const request = new DescribeInstancesCommand({ Filters: [{ Name: 'instance-id', Values: [name] }] });
  const { Reservations = [] } = await (await aws.ec2()).send(request);
  const instance = Reservations.flatMap(({ Instances = [] }) => Instances)[0];
  const place = placeIn(instance?.Tags);
  return place && { place, image: instance?.ImageId };
}

async function findImageName(aws: Aws, { name }: AskedName): Promise<FoundName | undefined> {
  const place = placeIn((await describeImages(aws, [name])).get(name)?.Tags);
  return place && { place };
}

/** The newest release of that name, in the environment that is furthest on: what is in production was in the others before. */
async function findNamedRelease(aws: Aws, asked: AskedName, said: SaidPlace): Promise<FoundName | undefined> {
  const tenant = (asked.kind === 'release' ? asked.tenant : undefined) ?? said.tenant;
  if (tenant === undefined) {
    throw new VendhostError('USAGE', `the tenant is missing: the name ${asked.name} does not say whose it is`, {
      hint: 'give --tenant NAME, set VENDHOST_TENANT, or give the key of a revision: software/<tenant>/<sha256>.zip',
    });
  }
  for (const environment of environmentsOf(said)) {
    const place = { environment, tenant };
    const store = await openStore(aws, place).then(({ store: opened }) => opened, absentAs('TENANT_UNKNOWN'));
    const found = store && (await findInStore(aws, store, place, asked.name));
    if (found !== undefined) return found;
  }
  return undefined;
}

async function findInStore(aws: Aws, store: ReleaseStore, place: Place, name: string): Promise<FoundName | undefined> {
  const released = await findRelease(aws, store, name).catch(absentAs('RELEASE_UNKNOWN'));
  if (released !== undefined) return { place, execution: released };
  const revision = /^[0-9a-f]{64}$/.test(name) ? keys.revision(place.tenant, name) : name;
  if (!revision.startsWith(keys.revisions(place.tenant))) return undefined;
  const pushes = new ConditionalObjects(aws, store.bucket, revisionPushSchema);
  return (await pushes.read(keys.pushOf(revision))) && { place, revision };
}

/** What is not there is no fault: it may be in another environment. */
function absentAs(code: string): (error: unknown) => undefined {
  const absences = [code, 'HOST_MISSING', 'PLATFORM_MISSING'];
  return (error) => {
    if (error instanceof VendhostError && absences.includes(error.code)) return undefined;
    throw error;
  };
}

function environmentsOf({ environment }: SaidPlace): readonly string[] {
  return environment === undefined ? environments.toReversed() : [environment];
}

function placeIn(all: readonly Tag[] = []): Place | undefined {
  const value = (tag: string) => all.find(({ Key }) => Key === tag)?.Value;
  const [environment, tenant] = [value('vendhost:environment'), value('vendhost:tenant')];
  return environment && tenant ? { environment, tenant } : undefined;
}

function isAsSaid({ environment, tenant }: Place, said: SaidPlace): boolean {
  return (said.tenant ?? tenant) === tenant && (said.environment ?? environment) === environment;
}
