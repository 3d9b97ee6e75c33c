import type { Finding } from '../../../report/report.ts';
import type { GroupFacts, HostFacts, MemberFacts } from './host-facts.ts';

/** A new instance has this long to get into service: CodeDeploy gives a hook up to an hour. */
export const settlingMs = 60 * 60_000;

/** Instances that do not serve and that Auto Scaling did not replace, though it had the time. */
export function findInstances({ place, group, busy }: HostFacts, now: Date): Finding[] {
  if (group === undefined) return [];
  const { tenant, environment } = place;
  // While CloudFormation or a refresh changes the group, they may suspend some.
  const suspended = busy === undefined ? findSuspended(tenant, group) : [];
  const old = (member: MemberFacts) =>
    member.startedAt === undefined || now.getTime() - member.startedAt.getTime() > settlingMs;
  const troubled = group.members.flatMap((member): Finding[] => {
    const what = old(member) ? troubleOf(member) : undefined;
    if (what === undefined) return [];
    return [
      {
        id: `${tenant}/${member.id}`,
        gravity: 'fault',
        title: `the instance ${member.id} of ${tenant} ${what}`,
        next: `vendhost host replace --tenant ${tenant} --environment ${environment} --instance ${member.id}`,
      },
    ];
  });
  const serving = group.members.filter(({ state }) => state === 'InService').length;
  const isStarting = group.members.some((member) => !old(member));
  if (serving >= group.min || troubled.length > 0 || isStarting) return [...suspended, ...troubled];
  return [
    ...suspended,
    {
      id: `${tenant}/too-few-instances`,
      gravity: 'fault',
      title: `${serving} of at least ${group.min} instances of ${tenant} are in service, and none is starting`,
      next: `find out why: aws autoscaling describe-scaling-activities --auto-scaling-group-name ${group.name}`,
    },
  ];
}

/** No property of the group, so that CloudFormation does not see it (https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html). */
function findSuspended(tenant: string, { name, suspended }: GroupFacts): Finding[] {
  if (suspended.length === 0) return [];
  return [
    {
      id: `${tenant}/suspended`,
      gravity: 'fault',
      title: `somebody suspended processes of the Auto Scaling group of ${tenant}: ${suspended.toSorted().join(', ')}`,
      next: `aws autoscaling resume-processes --auto-scaling-group-name ${name}`,
    },
  ];
}

function troubleOf({ state, healthy, machine }: MemberFacts): string | undefined {
  if (machine === undefined) return 'is not known to EC2, and Auto Scaling still counts it';
  if (machine !== 'running') return `is ${machine}, and Auto Scaling still counts it`;
  if (!healthy) return 'is unhealthy, and Auto Scaling has not replaced it';
  return state === 'InService' ? undefined : `has been ${state} for more than an hour`;
}
