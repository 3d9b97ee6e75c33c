import { Validations } from 'aws-cdk-lib';
import { CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { deployRoleOf, intakeOf, keys, names } from '../../../scripts/config/names.ts';
import { type Half, halves } from '../../../scripts/config/tenant.ts';
import { intakeBuildRole } from '../access/intake-build-role.ts';
import type { Scope } from '../access/tenant-scope.ts';
import { BuildProject, type BuildSettings } from './build-project.ts';
import { mostEventSeconds, writtenTo } from './intake-rule.ts';

export interface BuildsProps {
  readonly scope: Scope;
  readonly settings: BuildSettings;
  /** The tenant has a project for each half, which is built for its half only. */
  readonly hasHalves: boolean;
  /** ARN of the role with which EventBridge starts the machine's build. */
  readonly eventRole: string;
  readonly logDays: number;
}

/** The variable in which the machine's build finds what was written. */
const keyVariable = 'VENDHOST_MACHINE_KEY';

/**
 * Replaces the jobs for a tenant whose project has no runner: a build that makes a revision of a push, one that bakes and
 * provisions, and what they and the webhook's function need to know. It is here so that the tenant cannot redefine it.
 */
export class Builds extends Construct {
  constructor(parent: Construct, id: string, props: BuildsProps) {
    super(parent, id);
    const { scope, settings, hasHalves, logDays } = props;
    const { place, facts } = scope;
    const own: readonly (Half | undefined)[] = hasHalves ? halves : [undefined];
    this.#secret('Webhook', names.webhookSecret(place), `Whose pushes are accepted for ${names.host(place)}`, facts);
    for (const half of own) this.#intake(props, half);
    const shared = { place, facts, settings, logDays };
    const group = new CfnSecurityGroup(this, 'Network', {
      groupName: names.buildProject(place, 'machine'),
      groupDescription: `Builds of ${names.host(place)}: nobody reaches them`,
      vpcId: facts['vpc-id'],
      securityGroupEgress: [{ ipProtocol: '-1', cidrIp: '0.0.0.0/0', description: 'GitLab, AWS and builders' }],
    });
    new BuildProject(this, 'Machine', {
      ...shared,
      which: 'machine',
      role: scope.roleArn(deployRoleOf(hasHalves ? 'infrastructure' : undefined)),
      description: `Bakes and provisions ${names.host(place)}`,
      minutes: 120,
      variables: buildVariables(settings, hasHalves ? 'infrastructure' : undefined),
      network: { vpcId: facts['vpc-id'], subnets: facts['egress-subnet-ids'], securityGroupIds: [group.attrGroupId] },
    });
    this.#machineRule(props);
  }

  /** What clones a project: a build with its own role and deploy token. */
  #intake({ scope, settings, logDays }: BuildsProps, half: Half | undefined): void {
    const { place, facts } = scope;
    const { registrySecret: registry } = settings;
    const role = intakeBuildRole(this, scope, { half, registry });
    const id = half === undefined ? '' : `${half.charAt(0).toUpperCase()}${half.slice(1)}`;
    const whose = `${names.host(place)}${half === undefined ? '' : `, ${half}`}`;
    const text = `Deploy token that builds of ${whose} clone with`;
    this.#secret(`${id}Clone`, names.cloneSecret(place, half), text, facts);
    new BuildProject(this, `${id}Intake`, {
      ...{ place, facts, settings, logDays },
      which: intakeOf(half),
      role: role.attrArn,
      description: `Makes revisions of pushes for ${whose}`,
      minutes: 15,
      variables: buildVariables(settings, half),
    });
  }

  /** A secret whose value vending writes: in a template it would be stored. */
  #secret(id: string, name: string, description: string, facts: PlatformFacts): void {
    const secret = new CfnSecret(this, id, { name, description, kmsKeyId: facts['key-arn'] });
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions-SMG4',
      reason: 'GitLab must be given the same value: vendhost tenant vend --rotate-webhook replaces both.',
    });
  }

  #machineRule({ scope, eventRole }: BuildsProps): void {
    const { place, facts } = scope;
    const value = { environmentVariablesOverride: [{ name: keyVariable, type: 'PLAINTEXT', value: '<key>' }] };
    new CfnRule(this, 'MachineRule', {
      name: names.machineRule(place),
      description: `Infrastructure written to the intake of ${place.tenant} in ${place.environment}`,
      state: 'ENABLED',
      eventPattern: writtenTo(facts.bucket, `${keys.machineIntake(place.tenant)}*.tar.gz`),
      targets: [
        {
          id: 'build',
          arn: scope.arn('codebuild', `project/${names.buildProject(place, 'machine')}`),
          roleArn: eventRole,
          inputTransformer: {
            inputPathsMap: { key: '$.detail.requestParameters.key' },
            inputTemplate: JSON.stringify(value),
          },
          retryPolicy: { maximumEventAgeInSeconds: mostEventSeconds },
          deadLetterConfig: { arn: scope.arn('sqs', names.undeliveredQueue(place.environment)) },
        },
      ],
    });
  }
}

/** A build's variables: where to clone from, and for which half of the tenant it is. */
function buildVariables(
  { repository, softwareRepository = repository }: BuildSettings,
  half: Half | undefined,
): Readonly<Record<string, string>> {
  if (half === undefined) return { VENDHOST_REPOSITORY: repository };
  return { VENDHOST_REPOSITORY: half === 'software' ? softwareRepository : repository, VENDHOST_HALF: half };
}
