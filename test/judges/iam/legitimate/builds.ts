import { names, type TenantRole } from '../../../../scripts/config/names.ts';
import { becoming } from '../attacks/trust.ts';
import { type Case, giving, step } from '../cases.ts';
import { platform, type Tenant, tenant } from '../owners.ts';
import { account, arn, machineProjectOf, projectOf } from '../places.ts';
import type { Step } from '../simulate.ts';
import * as things from '../things.ts';

const dev = platform();
const self = tenant('push');
const built = tenant('pushduo');
const duo = tenant('duo');
const shop = tenant('shop');
const receive = names.webhookFunction('receive');
const start = names.webhookFunction('start');

/** What the webhook's functions, the builds of pushes, jobs of two projects, and jobs that vend call. */
export function buildCalls(): Case[] {
  return [
    ...functions(),
    ...clones(self, 'intake-build', undefined, [things.intakeObject, things.machineObject]),
    ...clones(built, 'software-build', 'software', [things.intakeObject]),
    ...clones(built, 'infrastructure-build', 'infrastructure', [things.machineObject]),
    ...machines(self, 'deploy'),
    ...machines(built, 'infrastructure-deploy', 'infrastructure'),
    ...halves(),
    ...vending(),
  ];
}

function allowed(by: string, name: string, ...steps: Step[]): Case {
  return { name: `${by}: ${name}`, expected: 'allowed', because: 'A function, a build or a job needs it.', steps };
}

function functions(): Case[] {
  return [
    // The simulator does not know the encryption context, by which it may use the key for these secrets only.
    allowed(
      receive,
      'reads hashes of tokens',
      step(receive, 'secretsmanager:GetSecretValue', things.webhookSecret(self)),
    ),
    allowed(receive, 'hands over', step(receive, 'lambda:InvokeFunction', things.webhookFunction('start'))),
    ...(['intake', 'software-intake', 'infrastructure-intake'] as const).map((which) =>
      allowed(start, `starts the build ${which}`, step(start, 'codebuild:StartBuild', things.build(built, which))),
    ),
    allowed(start, 'keeps what was not delivered', step(start, 'sqs:SendMessage', things.undelivered())),
  ];
}

function clones(
  of: Tenant,
  role: TenantRole,
  half: 'infrastructure' | 'software' | undefined,
  written: readonly ((owner: Tenant) => things.Thing)[],
): Case[] {
  const by = things.roleName(of, role);
  return [
    allowed(by, 'reads its deploy token', step(by, 'secretsmanager:GetSecretValue', things.cloneSecret(of, half))),
    ...written.map((thing) => allowed(by, `writes ${thing.name}`, step(by, 's3:PutObject', thing(of)))),
    allowed(by, 'looks whether there is a host', step(by, 'codedeploy:GetDeploymentGroup', things.deploymentGroup(of))),
    allowed(by, 'reads its record', step(by, 'ssm:GetParameter', things.tenantRecord(of))),
  ];
}

function machines(of: Tenant, role: TenantRole, half?: 'infrastructure'): Case[] {
  const by = things.roleName(of, role);
  const network = { 'ec2:AuthorizedService': 'codebuild.amazonaws.com' };
  return [
    allowed(by, 'reads its deploy token', step(by, 'secretsmanager:GetSecretValue', things.cloneSecret(of, half))),
    allowed(by, 'reads the archive', step(by, 's3:GetObject', things.machineObject(of))),
    allowed(by, 'writes an image record', step(by, 's3:PutObject', things.imageRecord(of))),
    allowed(
      by,
      'is attached to the VPC',
      step(by, 'ec2:CreateNetworkInterfacePermission', things.newEc2('network-interface', of), network),
    ),
    allowed(by, 'sets the health check', step(by, 'elasticloadbalancing:ModifyTargetGroup', things.targetGroup(of))),
  ];
}

function halves(): Case[] {
  const [infrastructure, software] = [
    things.roleName(duo, 'infrastructure-deploy'),
    things.roleName(duo, 'software-deploy'),
  ];
  return [
    allowed(infrastructure, 'a job becomes it', becoming(infrastructure, { project: machineProjectOf('duo') })),
    allowed(software, 'a job becomes it', becoming(software, { project: projectOf('duo') })),
    allowed(infrastructure, 'writes an image record', step(infrastructure, 's3:PutObject', things.imageRecord(duo))),
    allowed(software, 'writes a revision', step(software, 's3:PutObject', things.revision(duo))),
    allowed(software, 'releases', step(software, 'codepipeline:StartPipelineExecution', things.pipeline(duo))),
  ];
}

function vending(): Case[] {
  const vend = names.platformRole('dev', 'vend');
  const execution = names.platformRole('dev', 'vend-execution');
  const withRole = { 'cloudformation:RoleArn': things.platformRole(dev, 'vend-execution').on };
  const boundary = { 'iam:PermissionsBoundary': `arn:aws:iam::${account}:policy/${names.boundary('dev')}` };
  const tags = giving({ 'vendhost:environment': 'dev', 'vendhost:tenant': 'shop', 'vendhost:layer': 'access' });
  return [
    allowed(vend, 'a job becomes it', becoming(vend, { project: 'acme/platform', ref: 'main' })),
    ...(['access', 'entry'] as const).map((layer) =>
      allowed(
        vend,
        `makes the ${layer} stack`,
        step(vend, 'cloudformation:CreateStack', things.stack(shop, layer), withRole),
        step(vend, 'iam:PassRole', things.platformRole(dev, 'vend-execution'), {
          'iam:PassedToService': 'cloudformation.amazonaws.com',
        }),
      ),
    ),
    allowed(vend, 'claims a host', step(vend, 's3:PutObject', things.hostClaim(shop))),
    allowed(vend, 'claims a priority', step(vend, 's3:PutObject', things.priorityRecord(shop))),
    ...(
      [
        'deploy',
        'plan',
        'execution',
        'instance',
        'pipeline',
        'codedeploy',
        'intake',
        'infrastructure-deploy',
        'software-deploy',
      ] as const
    ).map((role) =>
      allowed(
        execution,
        `makes the ${role} role`,
        step(execution, 'iam:CreateRole', things.role(shop, role), { ...boundary, ...tags }),
      ),
    ),
    allowed(
      execution,
      'passes the role of a rule',
      step(execution, 'iam:PassRole', things.role(shop, 'intake'), { 'iam:PassedToService': 'events.amazonaws.com' }),
    ),
    allowed(
      execution,
      'makes a listener rule',
      step(execution, 'elasticloadbalancing:CreateRule', things.listener(dev)),
    ),
    allowed(execution, 'makes a pipeline', step(execution, 'codepipeline:CreatePipeline', things.pipeline(shop))),
    allowed(
      execution,
      'makes the rule of an intake',
      step(execution, 'events:PutRule', { on: arn('events', 'rule/vendhost-dev-shop-intake') }),
    ),
  ];
}
