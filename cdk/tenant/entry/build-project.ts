import { Validations } from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnProject } from 'aws-cdk-lib/aws-codebuild';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { PlatformFacts } from '../../../scripts/config/facts.ts';
import { names, type Place } from '../../../scripts/config/names.ts';

/** What the platform defines about builds. */
export interface BuildSettings {
  /** Runner image of this library. */
  readonly image: string;
  /** ARN of the secret for its registry, if that needs one. */
  readonly registrySecret?: string | undefined;
  /** Address that is cloned, without a user in it; of two projects, that of the one with infrastructure/. */
  readonly repository: string;
  /** Address of the project with the software, if the tenant has two. */
  readonly softwareRepository?: string | undefined;
}

export interface BuildProjectProps {
  readonly place: Place;
  readonly facts: PlatformFacts;
  readonly settings: BuildSettings;
  readonly which: Parameters<typeof names.buildProject>[1];
  /** ARN. */
  readonly role: string;
  readonly description: string;
  /** The build is stopped after so many minutes. */
  readonly minutes: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly network?: CfnProject.VpcConfigProperty;
  readonly logDays: number;
}

/** A CodeBuild project whose build is one line of `vendhost`, with its log group and an alarm for builds that fail. */
export class BuildProject extends Construct {
  constructor(scope: Construct, id: string, props: BuildProjectProps) {
    super(scope, id);
    const { place, facts, settings, which, role, description, minutes, variables, network, logDays } = props;
    const name = names.buildProject(place, which);
    const logs = new CfnLogGroup(this, 'Logs', {
      logGroupName: names.buildLogGroup(place, which),
      kmsKeyId: facts['key-arn'],
      retentionInDays: logDays,
    });
    const project = new CfnProject(this, 'Project', {
      name,
      description,
      serviceRole: role,
      // No CodeBuild source: the command clones with the tenant's own token.
      source: { type: 'NO_SOURCE', buildSpec: buildSpec(place, which) },
      artifacts: { type: 'NO_ARTIFACTS' },
      encryptionKey: facts['key-arn'],
      environment: {
        type: 'LINUX_CONTAINER',
        computeType: 'BUILD_GENERAL1_SMALL',
        image: settings.image,
        ...pulling(settings),
        environmentVariables: Object.entries(variables).map(([key, value]) => ({ name: key, value })),
      },
      timeoutInMinutes: minutes,
      queuedTimeoutInMinutes: 60,
      logsConfig: { cloudWatchLogs: { status: 'ENABLED', groupName: logs.ref } },
      ...(network === undefined ? {} : { vpcConfig: network }),
    });
    project.addResourceDependency(logs);
    Validations.of(project).acknowledge({
      id: 'AwsSolutions-CB5',
      reason: "The platform's own runner image: it has the command and all that it calls.",
    });
    new CfnAlarm(this, 'Failed', {
      alarmName: names.buildAlarm(place, which),
      alarmDescription: `A build failed: its log is in ${names.buildLogGroup(place, which)}`,
      namespace: 'AWS/CodeBuild',
      metricName: 'FailedBuilds',
      dimensions: [{ name: 'ProjectName', value: name }],
      statistic: 'Sum',
      period: 300,
      evaluationPeriods: 1,
      threshold: 0,
      comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching',
      alarmActions: [facts['alerts-topic']],
    });
  }
}

/** What a build runs. A push that a newer one has overtaken ends with 3, which is no failure. */
function buildSpec({ tenant, environment }: Place, which: BuildProjectProps['which']): string {
  const verb = which === 'machine' ? which : 'intake';
  const command = `vendhost webhook ${verb} --tenant ${tenant} --environment ${environment}`;
  return JSON.stringify({
    version: '0.2',
    phases: { build: { commands: [`${command} || [ $? -eq 3 ]`] } },
  });
}

/** An image from a registry that is neither public nor ECR is pulled with the build's own role (https://docs.aws.amazon.com/codebuild/latest/userguide/sample-private-registry.html). */
function pulling({ registrySecret }: BuildSettings): Partial<CfnProject.EnvironmentProperty> {
  if (registrySecret === undefined) return { imagePullCredentialsType: 'CODEBUILD' };
  return {
    imagePullCredentialsType: 'SERVICE_ROLE',
    registryCredential: { credential: registrySecret, credentialProvider: 'SECRETS_MANAGER' },
  };
}
