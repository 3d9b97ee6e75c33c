import { names, type TenantRole } from '../../../../scripts/config/names.ts';
import { type Case, step, via } from '../cases.ts';
import { tenant } from '../owners.ts';
import { machineProjectOf, projectOf } from '../places.ts';
import type { Context, Step } from '../simulate.ts';
import * as things from '../things.ts';
import { becoming } from './trust.ts';

const self = tenant('push');
const rival = tenant('push2');
/** Of two projects, without a runner and with jobs. */
const built = tenant('pushduo');
const duo = tenant('duo');
const receive = names.webhookFunction('receive');
const start = names.webhookFunction('start');

/** Who reports a push, or has code in a repository, gets no more than the half that it is of, of the one tenant. */
export function buildAttacks(): Case[] {
  return [...onFunctions(), ...onClones(), ...onMachines(), ...acrossHalves(), ...byTokens()];
}

function refused(by: string, because: string, calls: readonly [string, Step][]): Case[] {
  return calls.map(([name, one]) => ({ name: `${by}: ${name}`, expected: 'denied', because, steps: [one] }));
}

/** Anybody can call the one, and what it hands over calls the other. */
function onFunctions(): Case[] {
  const read = (by: string, thing: things.Thing) => step(by, 'secretsmanager:GetSecretValue', thing);
  return [
    ...refused(receive, 'It reads hashes of tokens, and hands over.', [
      ["reads a tenant's deploy token", read(receive, things.cloneSecret(self))],
      ["reads a half's deploy token", read(receive, things.cloneSecret(built, 'software'))],
      ["reads a database's secret", read(receive, things.secret(self))],
      ['decrypts what S3 keeps', step(receive, 'kms:Decrypt', things.key(self), via('s3'))],
      ['writes a secret', step(receive, 'secretsmanager:PutSecretValue', things.webhookSecret(self))],
      ['starts the build of a push', step(receive, 'codebuild:StartBuild', things.build(self, 'intake'))],
      ['starts the build of a machine', step(receive, 'codebuild:StartBuild', things.build(self, 'machine'))],
      ['calls itself', step(receive, 'lambda:InvokeFunction', things.webhookFunction('receive'))],
      ['changes the other function', step(receive, 'lambda:UpdateFunctionCode', things.webhookFunction('start'))],
      ['takes what was not delivered', step(receive, 'sqs:ReceiveMessage', things.undelivered())],
      ['writes software', step(receive, 's3:PutObject', things.intakeObject(self))],
    ]),
    ...refused(start, 'It starts the builds of pushes, and reads nothing.', [
      ['starts the build of a machine', step(start, 'codebuild:StartBuild', things.build(self, 'machine'))],
      ["starts the build of a half's machine", step(start, 'codebuild:StartBuild', things.build(built, 'machine'))],
      ['changes a build', step(start, 'codebuild:UpdateProject', things.build(self, 'intake'))],
      ['reads hashes of tokens', read(start, things.webhookSecret(self))],
      ['reads a deploy token', read(start, things.cloneSecret(self))],
      ['starts a pipeline', step(start, 'codepipeline:StartPipelineExecution', things.pipeline(self))],
      ['takes what was not delivered', step(start, 'sqs:ReceiveMessage', things.undelivered())],
    ]),
  ];
}

/** What no build that clones does, whoever's it is. */
function deploying(by: string, of: typeof self, deploy: TenantRole): [string, Step][] {
  const passed: Context = { 'iam:PassedToService': 'ec2.amazonaws.com' };
  return [
    ['starts the build of its machine', step(by, 'codebuild:StartBuild', things.build(of, 'machine'))],
    ['starts its pipeline', step(by, 'codepipeline:StartPipelineExecution', things.pipeline(of))],
    ['writes a revision that no pipeline asks for', step(by, 's3:PutObject', things.revision(of))],
    ['writes an image record', step(by, 's3:PutObject', things.imageRecord(of))],
    ['passes the role of instances', step(by, 'iam:PassRole', things.role(of, 'instance'), passed)],
    ['passes the deploy role', step(by, 'iam:PassRole', things.role(of, deploy), passed)],
    ['becomes the deploy role', step(by, 'sts:AssumeRole', things.role(of, deploy))],
    ['deploys its host', step(by, 'cloudformation:UpdateStack', things.stack(of, 'host'))],
    ['reads its hashes of tokens', step(by, 'secretsmanager:GetSecretValue', things.webhookSecret(of))],
    ["reads its database's secret", step(by, 'secretsmanager:GetSecretValue', things.secret(of))],
  ];
}

function onClones(): Case[] {
  const by = things.roleName(self, 'intake-build');
  return [
    ...refused(by, 'It clones and uploads, and runs nothing.', deploying(by, self, 'deploy')),
    ...refused(by, 'It belongs to push2/dev.', [
      ['reads the deploy token of push2', step(by, 'secretsmanager:GetSecretValue', things.cloneSecret(rival))],
      ['writes software of push2', step(by, 's3:PutObject', things.intakeObject(rival))],
      ['writes infrastructure of push2', step(by, 's3:PutObject', things.machineObject(rival))],
      ['starts a build of push2', step(by, 'codebuild:StartBuild', things.build(rival, 'intake'))],
      ['reads a revision of push2', step(by, 's3:GetObject', things.revision(rival))],
    ]),
  ];
}

function onMachines(): Case[] {
  const by = things.roleName(self, 'deploy');
  return refused(by, 'It bakes, provisions and releases for one tenant, whose scripts it runs on a builder alone.', [
    ['reads hashes of tokens', step(by, 'secretsmanager:GetSecretValue', things.webhookSecret(self))],
    ['reads the deploy token of push2', step(by, 'secretsmanager:GetSecretValue', things.cloneSecret(rival))],
    ['writes a push that starts its pipeline a second time', step(by, 's3:PutObject', things.intakeObject(self))],
    ['writes infrastructure of push2', step(by, 's3:PutObject', things.machineObject(rival))],
    ['starts the machine of push2', step(by, 'codebuild:StartBuild', things.build(rival, 'machine'))],
    ['changes its own build', step(by, 'codebuild:UpdateProject', things.build(self, 'machine'))],
  ]);
}

/** One project of a tenant does not reach the other's half: neither by builds nor by jobs. */
function acrossHalves(): Case[] {
  const software = things.roleName(built, 'software-build');
  const infrastructure = things.roleName(built, 'infrastructure-build');
  const bakes = things.roleName(built, 'infrastructure-deploy');
  const launch = { 'ec2:InstanceType': 't3.micro', 'ec2:MetadataHttpTokens': 'required' };
  return [
    ...refused(software, "The software's project has no machine.", [
      ...deploying(software, built, 'infrastructure-deploy'),
      ['writes infrastructure', step(software, 's3:PutObject', things.machineObject(built))],
      [
        "reads the other half's deploy token",
        step(software, 'secretsmanager:GetSecretValue', things.cloneSecret(built, 'infrastructure')),
      ],
      ['starts an instance', step(software, 'ec2:RunInstances', things.newEc2('instance', built), launch)],
      [
        'starts the build of the other half',
        step(software, 'codebuild:StartBuild', things.build(built, 'infrastructure-intake')),
      ],
    ]),
    ...refused(infrastructure, "The infrastructure's project has no software.", [
      ...deploying(infrastructure, built, 'infrastructure-deploy'),
      ['writes software', step(infrastructure, 's3:PutObject', things.intakeObject(built))],
      [
        "reads the other half's deploy token",
        step(infrastructure, 'secretsmanager:GetSecretValue', things.cloneSecret(built, 'software')),
      ],
    ]),
    ...refused(bakes, "The infrastructure's project has no software.", [
      ['starts the pipeline', step(bakes, 'codepipeline:StartPipelineExecution', things.pipeline(built))],
      ['writes a revision', step(bakes, 's3:PutObject', things.revision(built))],
      ['writes software to the intake', step(bakes, 's3:PutObject', things.intakeObject(built))],
      [
        "reads the other half's deploy token",
        step(bakes, 'secretsmanager:GetSecretValue', things.cloneSecret(built, 'software')),
      ],
    ]),
    ...refused(things.roleName(duo, 'infrastructure-deploy'), "Jobs of the infrastructure's project.", [
      [
        'starts the pipeline',
        step(
          things.roleName(duo, 'infrastructure-deploy'),
          'codepipeline:StartPipelineExecution',
          things.pipeline(duo),
        ),
      ],
      ['writes a revision', step(things.roleName(duo, 'infrastructure-deploy'), 's3:PutObject', things.revision(duo))],
    ]),
    ...refused(things.roleName(duo, 'software-deploy'), "Jobs of the software's project.", [
      [
        'writes an image record',
        step(things.roleName(duo, 'software-deploy'), 's3:PutObject', things.imageRecord(duo)),
      ],
      ['takes a bake lease', step(things.roleName(duo, 'software-deploy'), 's3:PutObject', things.bakeLease(duo))],
      [
        'starts an instance',
        step(things.roleName(duo, 'software-deploy'), 'ec2:RunInstances', things.newEc2('instance', duo), launch),
      ],
      [
        'deploys its host',
        step(things.roleName(duo, 'software-deploy'), 'cloudformation:UpdateStack', things.stack(duo, 'host')),
      ],
      [
        'passes the execution role',
        step(things.roleName(duo, 'software-deploy'), 'iam:PassRole', things.role(duo, 'execution'), {
          'iam:PassedToService': 'cloudformation.amazonaws.com',
        }),
      ],
    ]),
  ];
}

/** A job that appears later in a project without a runner is no build, and a job of one half none of the other. */
function byTokens(): Case[] {
  const become = (of: typeof self, role: TenantRole, project: string): [string, Step] => [
    `a job of ${project} becomes it`,
    becoming(things.roleName(of, role), { project }),
  ];
  const cases = (of: typeof self, role: TenantRole, project: string) =>
    refused(things.roleName(of, role), 'A build, or a job of the one project.', [become(of, role, project)]);
  return [
    ...(['deploy', 'intake-build'] as const).flatMap((role) => cases(self, role, projectOf('push'))),
    ...(['infrastructure-deploy', 'infrastructure-build'] as const).flatMap((role) =>
      cases(built, role, machineProjectOf('pushduo')),
    ),
    ...cases(built, 'software-build', projectOf('pushduo')),
    ...cases(duo, 'infrastructure-deploy', projectOf('duo')),
    ...cases(duo, 'software-deploy', machineProjectOf('duo')),
  ];
}
