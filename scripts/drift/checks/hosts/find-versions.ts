import type { Place } from '../../../config/names.ts';
import type { Finding } from '../../../report/report.ts';
import type { HostFacts } from './host-facts.ts';

/** The command that deploys what a tenant's repository says; in GitLab the job `provision` of a new pipeline. */
export function provisionAgain({ tenant, environment }: Place): string {
  return `vendhost host provision --tenant ${tenant} --environment ${environment} --full, in the tenant's repository; in GitLab start a new pipeline on the branch`;
}

/** Whether new instances start from what was provisioned, and the present ones did. */
export function findVersions(facts: HostFacts): Finding[] {
  const { place, provisioned, group, starting, newestVersion, busy } = facts;
  const about = place.tenant;
  if (group === undefined) {
    return [
      {
        id: `${about}/group-gone`,
        gravity: 'fault',
        title: `${about} has no Auto Scaling group any more, so it has no instances`,
        next: `delete the stack vendhost-${place.environment}-${about}-host, then ${provisionAgain(place)}`,
      },
    ];
  }
  if (group.templateId === undefined) {
    return [
      {
        id: `${about}/no-launch-template`,
        gravity: 'fault',
        title: `new instances of ${about} start from no launch template: somebody gave its Auto Scaling group something else`,
        next: `give the group its launch template again: aws autoscaling update-auto-scaling-group --auto-scaling-group-name ${group.name} --launch-template LaunchTemplateName=${group.name},Version=${provisioned.version}`,
      },
    ];
  }
  if (busy !== undefined) {
    const title = `the versions of ${about} were not compared: ${busy}`;
    return [{ id: `${about}/busy`, gravity: 'unknown', title, next: 'check again when it has ended' }];
  }
  const findings: Finding[] = [];
  if (starting === undefined) {
    findings.push({
      id: `${about}/version-gone`,
      gravity: 'fault',
      title: `no new instance of ${about} can start: version ${group.version} of its launch template is gone`,
      next: provisionAgain(place),
    });
  }
  if (group.version !== provisioned.version) {
    findings.push({
      id: `${about}/group-version`,
      gravity: 'change',
      title: `new instances of ${about} start from another launch template version than was provisioned`,
      values: [{ path: 'LaunchTemplate.Version', from: provisioned.version, to: group.version }],
      next: provisionAgain(place),
    });
  }
  if (newestVersion !== undefined && Number(newestVersion) > Number(provisioned.version)) {
    findings.push({
      id: `${about}/version-not-rolled-out`,
      gravity: 'change',
      title: `the launch template of ${about} has a version that was not rolled out`,
      values: [{ path: 'LatestVersionNumber', from: provisioned.version, to: newestVersion }],
      details: ['a provision did not finish, or somebody made the version by hand'],
      next: provisionAgain(place),
    });
  }
  return [...findings, ...findMixed(facts)];
}

function findMixed({ place, group, starting }: HostFacts): Finding[] {
  if (group === undefined || starting === undefined) return [];
  const { version } = starting;
  const { members } = group;
  const others = members.filter((each) => each.version !== version);
  if (others.length === 0) return [];
  const { tenant, environment } = place;
  return [
    {
      id: `${tenant}/instance-versions`,
      gravity: 'change',
      title: `${others.length} of ${members.length} instances of ${tenant} were not started from launch template version ${version}`,
      details: others.map(({ id, version: own = 'no launch template' }) => `${id}: ${own}`),
      next: `vendhost host replace --tenant ${tenant} --environment ${environment}`,
    },
  ];
}
