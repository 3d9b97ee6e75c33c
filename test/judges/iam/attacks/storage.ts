import { names } from '../../../../scripts/config/names.ts';
import { type Case, shortOf, step, via } from '../cases.ts';
import { platform, tenant } from '../owners.ts';
import { account, objectOf, region } from '../places.ts';
import type { Context } from '../simulate.ts';
import * as things from '../things.ts';

const self = tenant('shop');
const victim = tenant('shop2');
const roles = ['deploy', 'plan', 'execution', 'instance', 'pipeline', 'codedeploy'] as const;

/** The bucket, its key and what is in both. */
export function storageAttacks(): Case[] {
  return [
    ...claims(),
    ...records(),
    ...listing(),
    ...artifacts(),
    ...settings(),
    ...keyAttacks(),
    ...secrets(),
    ...logs(),
    ...readOnly(),
  ];
}

function refused(
  role: (typeof roles)[number],
  name: string,
  because: string,
  action: string,
  thing: things.Thing | '*',
  given?: Context,
): Case {
  const by = things.roleName(self, role);
  return { name: `${by}: ${name}`, expected: 'denied', because, steps: [step(by, action, thing, given)] };
}

function records(): Case[] {
  const because = 'A record of an action is written once and stays.';
  const changing = ['DeleteObject', 'DeleteObjectVersion', 'PutObject', 'PutObjectAcl', 'PutObjectTagging'];
  return roles.flatMap((role) =>
    changing.map((call) => refused(role, `${call} of its own record`, because, `s3:${call}`, things.auditRecord(self))),
  );
}

function logs(): Case[] {
  const because = 'Logs are the evidence of what an instance did, and nobody else reads them.';
  const group = things.hostLogGroup(self);
  return roles.flatMap((role) => [
    refused(role, 'reads logs of shop2', because, 'logs:FilterLogEvents', things.hostLogGroup(victim)),
    refused(role, 'writes logs of shop2', because, 'logs:PutLogEvents', things.hostLog(victim)),
    ...['DeleteLogGroup', 'PutRetentionPolicy', 'DisassociateKmsKey', 'CreateLogGroup'].map((action) =>
      refused(role, `${action} of its own logs`, because, `logs:${action}`, group),
    ),
    refused(role, 'deletes a stream of its own logs', because, 'logs:DeleteLogStream', things.hostLog(self)),
  ]);
}

function claims(): Case[] {
  const because = 'Hosts and priorities are given when a tenant is vended.';
  return [
    ...roles.flatMap((role) =>
      ['s3:PutObject', 's3:DeleteObject'].flatMap((action) => [
        refused(role, `${action} of the host claim of shop2`, because, action, things.hostClaim(victim)),
        refused(role, `${action} of its own host claim`, because, action, things.hostClaim(self)),
        refused(role, `${action} of its own number claim`, because, action, things.priorityClaim(self, 7)),
        refused(role, `${action} of its own priority record`, because, action, things.priorityRecord(self)),
        refused(role, `${action} of the number claim of shop2`, because, action, things.priorityClaim(victim, 7)),
        refused(role, `${action} of the priority record of shop2`, because, action, things.priorityRecord(victim)),
      ]),
    ),
    refused(
      'deploy',
      'deletes a version of a claim',
      'Versions are the evidence.',
      's3:DeleteObjectVersion',
      things.priorityClaim(self, 7),
    ),
    refused(
      'deploy',
      'opens an object to everybody',
      'Rights are in policies.',
      's3:PutObjectAcl',
      things.revision(self),
    ),
    refused(
      'deploy',
      'deletes a version of its own revision',
      'What a prune deletes can be taken back.',
      's3:DeleteObjectVersion',
      things.revision(self),
    ),
    refused(
      'deploy',
      'deletes the record of its own release',
      'Who released what stays.',
      's3:DeleteObject',
      things.releaseRecord(self),
    ),
  ];
}

/** H1: what others' images, revisions and claims are called. */
function listing(): Case[] {
  const because = 'Names tell what others run; only a prefix of its own may be listed.';
  const list = (role: 'deploy' | 'plan', name: string, given?: Context) =>
    refused(role, `lists ${name}`, because, 's3:ListBucket', things.bucket(self), given);
  return (['deploy', 'plan'] as const).flatMap((role) => [
    list(role, 'the bucket without a prefix'),
    ...['', 'software/', 'infrastructure/', 'software/shop2/', 'infrastructure/shop2/', 'software/shop', 'logs/'].map(
      (prefix) => list(role, `the bucket by the prefix "${prefix}"`, { 's3:prefix': prefix }),
    ),
    refused(role, 'lists versions', because, 's3:ListBucketVersions', things.bucket(self)),
    refused(role, "lists production's bucket", because, 's3:ListBucket', things.bucket(platform('production')), {
      's3:prefix': 'software/shop/',
    }),
    refused(role, 'reads the trail', 'Logs are the platform’s.', 's3:GetObject', {
      on: objectOf('dev', 'logs/trail/AWSLogs/x.json.gz'),
    }),
  ]);
}

/** H2: an artifact is one pipeline's, wherever in the bucket its name stands. */
function artifacts(): Case[] {
  const foreign = names.artifact({ environment: 'dev', tenant: 'shop2' });
  const own = names.artifact({ environment: 'dev', tenant: 'shop' });
  const planted = { on: objectOf('dev', `software/shop/${foreign}/planted.zip`) };
  const aside = { on: objectOf('dev', `software/shop2/${own}/planted.zip`) };
  const because = 'An instance runs what it reads from there.';
  return [
    {
      name: 'an instance of shop2/dev reads what shop/dev planted among its own revisions',
      expected: 'denied',
      because,
      steps: [
        step(things.roleName(self, 'deploy'), 's3:PutObject', planted),
        step(things.roleName(victim, 'instance'), 's3:GetObject', planted),
      ],
    },
    refused('instance', 'reads a revision of shop2 that is called like its artifact', because, 's3:GetObject', aside),
    refused('pipeline', 'writes among the revisions of shop2', because, 's3:PutObject', aside),
    refused(
      'instance',
      'reads all revisions of its own',
      'It needs what the pipeline gives it.',
      's3:GetObject',
      things.push(self),
    ),
  ];
}

function settings(): Case[] {
  const bucket = things.bucket(self);
  const actions = [
    's3:PutBucketPolicy',
    's3:DeleteBucketPolicy',
    's3:PutBucketAcl',
    's3:PutBucketVersioning',
    's3:PutLifecycleConfiguration',
    's3:PutEncryptionConfiguration',
    's3:PutBucketPublicAccessBlock',
    's3:PutBucketNotification',
    's3:PutReplicationConfiguration',
    's3:DeleteBucket',
  ];
  return (['deploy', 'execution'] as const).flatMap((role) => [
    ...actions.map((action) =>
      refused(role, `${action} of the environment`, "The bucket is the platform's.", action, bucket),
    ),
    refused(role, 'reads the log bucket', "Access logs are the platform's.", 's3:GetObject', {
      on: `arn:aws:s3:::${names.logBucket('dev', account, region)}/balancer/x.log.gz`,
    }),
  ]);
}

function keyAttacks(): Case[] {
  const because = 'The key is used by services for the tenant, and by nobody directly.';
  const key = things.key(self);
  return [
    ...roles.map((role) =>
      refused(role, 'decrypts with the key directly', because, 'kms:Decrypt', key, { 'kms:CallerAccount': account }),
    ),
    ...(['deploy', 'execution'] as const).flatMap((role) => [
      ...['kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:CreateAlias', 'kms:ReplicateKey'].map(
        (action) => refused(role, `${action} of the environment`, "The key is the platform's.", action, key),
      ),
      refused(role, 'gives somebody a grant', because, 'kms:CreateGrant', key, {
        'kms:GrantIsForAWSResource': 'false',
        'kms:CallerAccount': account,
      }),
      refused(role, 'gives somebody a grant through EC2', because, 'kms:CreateGrant', key, {
        'kms:GrantIsForAWSResource': 'false',
        ...via('ec2'),
      }),
      refused(role, 'decrypts through Lambda', because, 'kms:Decrypt', key, via('lambda')),
    ]),
  ];
}

/** D: parameters and secrets of others; also those that nobody of Vendhost's made. */
function secrets(): Case[] {
  const parameters: readonly [string, string][] = [
    ['a parameter of another system', 'parameter/billing/database-password'],
    ['the record of shop2', 'parameter/vendhost/dev/tenants/shop2'],
    ['a fact of production', 'parameter/vendhost/production/vpc-id'],
  ];
  const because = 'Software on an instance, and a script on a builder, read their own parameters only.';
  const readers = [things.roleName(self, 'instance'), names.builderRole('dev')];
  return [
    ...readers.flatMap((by) =>
      parameters.flatMap(([name, path]) =>
        [
          'ssm:GetParameter',
          'ssm:GetParameters',
          'ssm:GetParametersByPath',
          'ssm:GetParameterHistory',
          'ssm:PutParameter',
        ].map((action) => ({
          name: `${by}: ${action} of ${name}`,
          expected: 'denied' as const,
          because,
          steps: [step(by, action, { on: `arn:aws:ssm:${region}:${account}:${path}` })],
        })),
      ),
    ),
    ...(['deploy', 'plan', 'execution', 'codedeploy', 'pipeline'] as const).flatMap((role) => [
      refused(role, 'reads a parameter of another system', because, 'ssm:GetParameter', {
        on: `arn:aws:ssm:${region}:${account}:parameter/billing/database-password`,
      }),
      refused(
        role,
        'writes its own record',
        "What a tenant is granted is the platform's to say.",
        'ssm:PutParameter',
        things.tenantRecord(self),
      ),
      refused(role, 'writes a fact', "Facts are the platform's.", 'ssm:PutParameter', things.fact(self)),
      refused(
        role,
        'reads the secret of shop2',
        'It is a password.',
        'secretsmanager:GetSecretValue',
        things.secret(victim),
      ),
      refused(
        role,
        'reads the rotated secret of shop2',
        'It is a password.',
        'secretsmanager:GetSecretValue',
        things.rotatedSecret(victim),
      ),
      refused(
        role,
        'tags the rotated secret of shop2',
        'Tags say whose a secret is.',
        'secretsmanager:TagResource',
        things.rotatedSecret(victim),
      ),
    ]),
    refused(
      'instance',
      'reads the rotated secret of shop2',
      'It is a password.',
      'secretsmanager:GetSecretValue',
      things.rotatedSecret(victim),
    ),
    ...(['deploy', 'plan', 'execution'] as const).map((role) =>
      refused(
        role,
        'reads the password that RDS rotates for its own database',
        'Only instances need it.',
        'secretsmanager:GetSecretValue',
        things.rotatedSecret(self),
      ),
    ),
    ...(['deploy', 'plan'] as const).map((role) =>
      refused(
        role,
        'reads its own database’s password',
        'Only instances need it.',
        'secretsmanager:GetSecretValue',
        things.secret(self),
      ),
    ),
  ];
}

/** Jobs on any branch: whoever may push a branch has them. */
function readOnly(): Case[] {
  const writes: readonly [string, things.Thing][] = [
    ['s3:PutObject', things.revision(self)],
    ['s3:PutObject', things.imageRecord(self)],
    ['s3:DeleteObject', things.bakeLease(self)],
    ['cloudformation:UpdateStack', things.stack(self, 'host')],
    ['cloudformation:CreateChangeSet', things.stack(self, 'host')],
    ['cloudformation:DeleteStack', things.stack(self, 'host')],
    ['codepipeline:StartPipelineExecution', things.pipeline(self)],
    ['codepipeline:StopPipelineExecution', things.pipeline(self)],
    ['autoscaling:StartInstanceRefresh', things.group(self)],
    ['ec2:TerminateInstances', things.ec2('instance', self)],
    ['ec2:RunInstances', things.ec2('image', self, 'image')],
    ['ec2:CreateTags', things.ec2('image', self, 'image')],
    ['ec2:DeregisterImage', things.ec2('image', self, 'image')],
    ['iam:PassRole', things.role(self, 'execution')],
    ['kms:GenerateDataKey', things.key(self)],
  ];
  return writes.map(([action, thing]) =>
    refused('plan', `${action} on its own ${shortOf(thing.on)}`, 'A job on any branch reads only.', action, thing),
  );
}
