import { type Case, step } from '../cases.ts';
import { tenant } from '../owners.ts';
import type { Context } from '../simulate.ts';
import * as things from '../things.ts';

const self = tenant('shop');
const by = things.roleName(self, 'execution');

/** Its own things without the tags that say whose they are: they would be counted, and found, as nobody's. */
export function untaggingAttacks(): Case[] {
  const calls: readonly [string, string, things.Thing][] = [
    ['security group', 'ec2:DeleteTags', things.ec2('security-group', self)],
    ['launch template', 'ec2:DeleteTags', things.ec2('launch-template', self)],
    ['instance', 'ec2:DeleteTags', things.ec2('instance', self)],
    ['group', 'autoscaling:DeleteTags', things.group(self)],
    ['database', 'rds:RemoveTagsFromResource', { on: things.database(self).on }],
    ['secret', 'secretsmanager:UntagResource', things.secret(self)],
    ['alarm', 'cloudwatch:UntagResource', things.alarm(self)],
    ['log group', 'logs:UntagResource', { on: things.databaseLogs(self).on }],
    ['application', 'codedeploy:UntagResource', { on: things.application(self).on }],
  ];
  const taken: readonly [string, Context][] = [
    ["the tenant's tag", { 'aws:TagKeys': ['vendhost:tenant'] }],
    ['a tag of ours among others', { 'aws:TagKeys': ['Name', 'vendhost:environment'] }],
  ];
  const attack = (name: string, action: string, thing: things.Thing, given?: Context): Case => ({
    name: `${by}: ${name}`,
    expected: 'denied',
    because: 'Tags say whose a thing is.',
    steps: [step(by, action, thing, given)],
  });
  return [
    ...calls.flatMap(([kind, action, thing]) =>
      taken.map(([what, given]) => attack(`takes ${what} from its ${kind}`, action, thing, given)),
    ),
    // Without keys EC2 deletes every tag.
    ...calls
      .filter(([, action]) => action === 'ec2:DeleteTags')
      .map(([kind, action, thing]) => attack(`takes all tags from its ${kind}`, action, thing)),
  ];
}
