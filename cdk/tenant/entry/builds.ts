import { Validations } from 'aws-cdk-lib';
import { CfnSecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { keys, names } from '../../../scripts/config/names.ts';
import { intakeBuildRole } from '../access/intake-build-role.ts';
import type { Scope } from '../access/tenant-scope.ts';
import { BuildProject, type BuildSettings } from './build-project.ts';
import { mostEventSeconds, writtenTo } from './intake-rule.ts';

export interface BuildsProps {
  readonly scope: Scope;
  readonly settings: BuildSettings;
  /** ARN of the role with which EventBridge starts the machine's build. */
  readonly eventRole: string;
  readonly logDays: number;
}

/** The variable in which the machine's build finds what was written. */
const keyVariable = 'VENDHOST_MACHINE_KEY';

/**
 * What does the work of jobs for a tenant whose project has no runner: a build that makes a revision of a push, one that bakes and
 * provisions, and what they and the webhook's function need to know. It is here so that the tenant cannot redefine it.
 */
export class Builds extends Construct {
  constructor(parent: Construct, id: string, props: BuildsProps) {
    super(parent, id);
    const { scope, settings, logDays } = props;
    const { place, facts } = scope;
    const role = intakeBuildRole(this, scope, settings.registrySecret);
    this.#secret('Webhook', names.webhookSecret(place), `Whose pushes are accepted for ${names.host(place)}`, facts);
    this.#secret(
      'Clone',
      names.cloneSecret(place),
      `Deploy token that builds of ${names.host(place)} clone with`,
      facts,
    );
    const shared = { place, facts, settings, logDays };
    new BuildProject(this, 'Intake', {
      ...shared,
      which: 'intake',
      role: role.attrArn,
      description: `Makes revisions of pushes for ${names.host(place)}`,
      minutes: 15,
      variables: { VENDHOST_REPOSITORY: settings.repository },
    });
    const group = new CfnSecurityGroup(this, 'Network', {
      groupName: names.buildProject(place, 'machine'),
      groupDescription: `Builds of ${names.host(place)}: nobody reaches them`,
      vpcId: facts['vpc-id'],
      securityGroupEgress: [{ ipProtocol: '-1', cidrIp: '0.0.0.0/0', description: 'GitLab, AWS and builders' }],
    });
    new BuildProject(this, 'Machine', {
      ...shared,
      which: 'machine',
      role: scope.roleArn('deploy'),
      description: `Bakes and provisions ${names.host(place)}`,
      minutes: 120,
      variables: { VENDHOST_REPOSITORY: settings.repository },
      network: { vpcId: facts['vpc-id'], subnets: facts['egress-subnet-ids'], securityGroupIds: [group.attrGroupId] },
    });
    this.#machineRule(props);
  }

  /** A secret whose value vending writes: a template would keep it. */
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
