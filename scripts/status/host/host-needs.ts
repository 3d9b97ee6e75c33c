import { partValue, type StatusPart } from '../../aws/status-part.ts';
import { names } from '../../config/names.ts';
import { findHooks } from '../../drift/checks/hosts/find-hooks.ts';
import { findInstances } from '../../drift/checks/hosts/find-instances.ts';
import { findVersions, provisionAgain } from '../../drift/checks/hosts/find-versions.ts';
import { findImages } from '../../drift/checks/images/find-images.ts';
import type { Finding } from '../../report/report.ts';
import { isBusy, isSteady } from '../../stack/stack-state.ts';
import { ageWords } from '../age.ts';
import { endSteps, sinceWords } from '../maintenance/maintenance-words.ts';
import type { HostSnapshot } from './host-snapshot.ts';
import { commandFor, releaseNeeds } from './release-needs.ts';

/** States of a database in which it works, or soon will by itself (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html). */
const soundDatabase =
  /^(available|backing-up|configuring-.*|creating|maintenance|modifying|renaming|resetting-.*|storage-.*optimization|upgrading|starting|rebooting)$/;

/** What needs attention, in the order of the parts; empty when all is well. */
export function hostNeeds(snapshot: HostSnapshot): Finding[] {
  const now = new Date(snapshot.at);
  const host = partValue(snapshot.host);
  const image = partValue(snapshot.image);
  return [
    ...maintenanceNeeds(snapshot),
    ...releaseNeeds(snapshot),
    ...('value' in snapshot.host && host === undefined ? [noHost(snapshot)] : []),
    ...(host === undefined ? [] : [...findVersions(host), ...findInstances(host, now), ...findHooks(host)]),
    ...targetNeeds(snapshot),
    ...alarmNeeds(snapshot),
    ...(image === undefined ? [] : findImages(image, now)),
    ...databaseNeeds(snapshot),
    ...stackNeeds(snapshot),
    ...unknownNeeds(snapshot),
  ];
}

/** Maintenance is intended but easily forgotten: the hosts answer 503. */
function maintenanceNeeds({ maintenance, at, place }: HostSnapshot): Finding[] {
  const found = partValue(maintenance);
  if (found === undefined) return [];
  return [
    {
      id: 'maintenance',
      gravity: 'change',
      title: `in maintenance${sinceWords(found, at)}: a page answers for its hosts, with status 503`,
      next: endSteps(found, place).join('; '),
    },
  ];
}

function noHost(snapshot: HostSnapshot): Finding {
  return {
    id: 'host/missing',
    gravity: 'change',
    title: 'it has no virtual host yet',
    next: `start a pipeline on its branch, or in its repository: ${commandFor(snapshot, 'host provision')}`,
  };
}

/** Instances that a load balancer finds unhealthy, but not before the first release: nothing could answer then. */
function targetNeeds(snapshot: HostSnapshot): Finding[] {
  const look = partValue(snapshot.releases);
  if (look !== undefined && look.releases.length === 0) return [];
  const all = partValue(snapshot.targets) ?? [];
  return [...new Set(all.map(({ loadBalancer }) => loadBalancer))].flatMap((number) => {
    const targets = all.filter(({ loadBalancer }) => loadBalancer === number);
    const unhealthy = targets.filter(({ state }) => state === 'unhealthy');
    if (unhealthy.length === 0) return [];
    const nobody = targets.every(({ state }) => state !== 'healthy');
    const who = number === undefined ? 'the load balancer' : `load balancer ${number}`;
    return [
      {
        id: number === undefined ? 'targets/unhealthy' : `targets/unhealthy/${number}`,
        gravity: 'fault' as const,
        title: nobody
          ? `${who} finds no instance healthy`
          : `${who} finds ${unhealthy.length} of ${targets.length} instances unhealthy`,
        details: unhealthy.map(({ instance, reason }) => `${instance}: ${reason ?? 'no reason given'}`),
        next: `fix what answers there, or replace the instance: ${commandFor(snapshot, 'host replace')} --instance ${unhealthy[0]?.instance}`,
      },
    ];
  });
}

function alarmNeeds(snapshot: HostSnapshot): Finding[] {
  return (partValue(snapshot.alarms) ?? [])
    .filter(({ state }) => state === 'ALARM')
    .map(({ name, since, reason }) => ({
      id: `alarms/${name}`,
      gravity: 'fault',
      title: `the alarm ${name} has gone off${since === undefined ? '' : `, ${ageWords(snapshot.at - since)} ago`}`,
      details: reason === undefined ? [] : [reason],
      next: `what it watches: aws cloudwatch describe-alarms --alarm-names ${name}`,
    }));
}

function databaseNeeds(snapshot: HostSnapshot): Finding[] {
  const database = partValue(snapshot.database);
  if (database === undefined || soundDatabase.test(database.status)) return [];
  const name = names.host(snapshot.place);
  return [
    {
      id: 'database/status',
      gravity: 'fault',
      title: `the database is ${database.status}`,
      next: `aws rds describe-events --source-type db-instance --source-identifier ${name} says why`,
    },
  ];
}

function stackNeeds(snapshot: HostSnapshot): Finding[] {
  return (partValue(snapshot.stacks) ?? []).flatMap(({ name, status, drift, checkedAt }): Finding[] => {
    const found = checkedAt === undefined ? '' : `, found ${ageWords(snapshot.at - checkedAt)} ago`;
    const drifted: Finding = {
      id: `${name}/drift`,
      gravity: 'change',
      title: `${name} is not what its stack says${found}`,
      next: commandFor(snapshot, 'drift check'),
    };
    const failed: Finding = {
      id: `${name}/status`,
      gravity: 'fault',
      title: `the stack ${name} is ${status}`,
      next: /-(data|host)$/.test(name)
        ? provisionAgain({ ...snapshot.place })
        : `ask the platform team to run: vendhost tenant vend ${snapshot.place.tenant} --environment ${snapshot.place.environment}`,
    };
    const isSound = status === 'missing' || isSteady(status) || isBusy({ status });
    return [...(isSound ? [] : [failed]), ...(drift === 'DRIFTED' ? [drifted] : [])];
  });
}

/** What each part is called where it could not be read. */
const partNames = {
  releases: 'its releases',
  host: 'its instances',
  deploys: 'what each instance runs',
  targets: "the load balancer's targets",
  alarms: 'its alarms',
  image: 'its image',
  database: 'its database',
  stacks: 'its stacks and their drift',
} as const satisfies Partial<Record<keyof HostSnapshot, string>>;

function unknownNeeds(snapshot: HostSnapshot): Finding[] {
  return Object.entries(partNames).flatMap(([part, title]): Finding[] => {
    const read = snapshot[part as keyof typeof partNames] as StatusPart<unknown>;
    if (!('unknown' in read)) return [];
    // Said once: they are read of the group.
    const isOfHost = part === 'deploys' || part === 'image';
    const isSaid = isOfHost && 'unknown' in snapshot.host && snapshot.host.unknown === read.unknown;
    if (isSaid) return [];
    return [
      {
        id: `unknown/${part}`,
        gravity: 'unknown',
        title: `${title} could not be read: ${read.unknown}`,
        next: 'run the command again later, or with rights to read it',
      },
    ];
  });
}
