import { names } from '../../../config/names.ts';
import type { Finding } from '../../../report/report.ts';
import type { HostFacts } from './host-facts.ts';

/** CodeDeploy's name for the hook that holds a new instance until it has software; the deployment group's name and an id follow. */
export const launchHook = 'CodeDeploy-managed-automatic-launch-deployment-hook';

/**
 * Whether CodeDeploy deploys to instances that Auto Scaling starts. It does by a hook that it adds to the group, and does not
 * notice when somebody removes that; only it can add it again
 * (https://docs.aws.amazon.com/codedeploy/latest/userguide/troubleshooting-auto-scaling.html).
 */
export function findHooks({ place, group, hooks, deployment }: HostFacts): Finding[] {
  if (group === undefined) return [];
  const { tenant } = place;
  const name = names.host(place);
  const next = `aws deploy update-deployment-group --application-name ${name} --current-deployment-group-name ${name} --auto-scaling-groups ${group.name}: CodeDeploy adds the hook`;
  const gone = (why: string): Finding[] => [
    {
      id: `${tenant}/launch-hook`,
      gravity: 'fault',
      title: `new instances of ${tenant} get no software: ${why}`,
      next,
    },
  ];
  const ours = deployment?.groups.find((each) => each.name === group.name);
  if (ours === undefined) return gone(`CodeDeploy has no deployment group for ${group.name}`);
  // Where CodeDeploy does not say which hook it made, any of its name will do.
  const isThere = hooks.some((hook) => (ours.hook === undefined ? hook.startsWith(launchHook) : hook === ours.hook));
  return isThere ? [] : gone(`the hook ${ours.hook ?? `${launchHook}-…`} of CodeDeploy is missing from ${group.name}`);
}
