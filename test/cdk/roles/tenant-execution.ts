import type { RoleTable } from './table.ts';

/** CloudFormation: what is in the tenant's data and host stacks. */
export const tenantExecution: RoleTable = {
  trust: { to: { Service: 'cloudformation.amazonaws.com' }, by: 'sts:AssumeRole' },
  boundary: 'iam:policy/vendhost-dev-boundary',
  awsPolicies: [],
  rights: {
    Look: {
      allow: [
        'autoscaling:Describe*',
        'cloudwatch:DescribeAlarms',
        'ec2:Describe*',
        'elasticloadbalancing:Describe*',
        'logs:DescribeIndexPolicies',
        'logs:DescribeLogGroups',
        'logs:DescribeResourcePolicies',
        'rds:Describe*',
        'secretsmanager:GetRandomPassword',
      ],
      on: ['*'],
    },
    PassRoles: {
      allow: ['iam:GetRole', 'iam:PassRole'],
      on: [
        'iam:role/vendhost-dev-shop-instance',
        'iam:role/vendhost-dev-shop-pipeline',
        'iam:role/vendhost-dev-shop-codedeploy',
      ],
      when: {
        StringEqualsIfExists: {
          'iam:PassedToService': ['ec2.amazonaws.com', 'codepipeline.amazonaws.com', 'codedeploy.amazonaws.com'],
        },
      },
    },
    ServiceRoles: {
      allow: ['iam:CreateServiceLinkedRole'],
      on: ['iam:role/aws-service-role/*'],
      when: {
        StringEquals: {
          'iam:AWSServiceName': [
            'autoscaling.amazonaws.com',
            'elasticloadbalancing.amazonaws.com',
            'rds.amazonaws.com',
          ],
        },
      },
    },
    Key: {
      allow: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey'],
      on: ['kms:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9'],
      when: {
        StringEquals: {
          'kms:ViaService': [
            'ec2.eu-west-1.amazonaws.com',
            'logs.eu-west-1.amazonaws.com',
            'rds.eu-west-1.amazonaws.com',
            'secretsmanager.eu-west-1.amazonaws.com',
            'sns.eu-west-1.amazonaws.com',
            's3.eu-west-1.amazonaws.com',
          ],
        },
      },
    },
    KeyForVolumes: {
      allow: ['kms:CreateGrant'],
      on: ['kms:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9'],
      when: {
        StringEquals: { 'kms:ViaService': ['ec2.eu-west-1.amazonaws.com', 'rds.eu-west-1.amazonaws.com'] },
        Bool: { 'kms:GrantIsForAWSResource': 'true' },
      },
    },
    MakeGroups: { allow: ['ec2:CreateSecurityGroup'], on: ['ec2:vpc/vpc-0a1b2c3d4e5f60718', 'ec2:security-group/*'] },
    OwnGroups: {
      allow: [
        'ec2:AuthorizeSecurityGroupEgress',
        'ec2:AuthorizeSecurityGroupIngress',
        'ec2:DeleteSecurityGroup',
        'ec2:RevokeSecurityGroupEgress',
        'ec2:RevokeSecurityGroupIngress',
        'ec2:UpdateSecurityGroupRuleDescriptionsEgress',
        'ec2:UpdateSecurityGroupRuleDescriptionsIngress',
      ],
      on: ['ec2:security-group/*', 'ec2:security-group-rule/*'],
      when: {
        StringEqualsIfExists: {
          'aws:ResourceTag/vendhost:tenant': 'shop',
          'aws:ResourceTag/vendhost:environment': 'dev',
          'aws:ResourceTag/vendhost:layer': ['data', 'host'],
        },
      },
    },
    Tags: {
      allow: ['ec2:CreateTags', 'ec2:DeleteTags'],
      on: [
        'ec2:instance/*',
        'ec2:launch-template/*',
        'ec2:security-group/*',
        'ec2:security-group-rule/*',
        'ec2:volume/*',
      ],
      when: {
        StringEqualsIfExists: {
          'aws:RequestTag/vendhost:tenant': 'shop',
          'aws:ResourceTag/vendhost:tenant': 'shop',
          'aws:ResourceTag/vendhost:environment': 'dev',
          'aws:ResourceTag/vendhost:layer': ['data', 'host'],
        },
      },
    },
    MakeLaunchTemplate: {
      allow: ['ec2:CreateLaunchTemplate'],
      on: ['ec2:launch-template/*'],
      when: { StringEquals: { 'aws:RequestTag/vendhost:tenant': 'shop' } },
    },
    Start: {
      allow: ['ec2:RunInstances'],
      on: ['ec2:instance/*', 'ec2:volume/*'],
      when: { StringEquals: { 'aws:RequestTag/vendhost:tenant': 'shop' } },
    },
    StartFrom: {
      allow: [
        'ec2:CreateLaunchTemplateVersion',
        'ec2:DeleteLaunchTemplate',
        'ec2:ModifyLaunchTemplate',
        'ec2:RunInstances',
      ],
      on: ['arn:aws:ec2:eu-west-1:*:image/*', 'ec2:launch-template/*', 'ec2:security-group/*'],
      when: {
        StringEquals: { 'aws:ResourceTag/vendhost:tenant': 'shop', 'aws:ResourceTag/vendhost:environment': 'dev' },
      },
    },
    StartIn: {
      allow: ['ec2:RunInstances'],
      on: [
        'ec2:network-interface/*',
        'ec2:subnet/subnet-021b2c3d4e5f6071',
        'ec2:subnet/subnet-022b2c3d4e5f6071',
        'ec2:subnet/subnet-023b2c3d4e5f6071',
      ],
    },
    Group: {
      allow: [
        'autoscaling:AttachLoadBalancerTargetGroups',
        'autoscaling:AttachTrafficSources',
        'autoscaling:CreateAutoScalingGroup',
        'autoscaling:CreateOrUpdateTags',
        'autoscaling:DeleteAutoScalingGroup',
        'autoscaling:DeletePolicy',
        'autoscaling:DeleteTags',
        'autoscaling:DetachLoadBalancerTargetGroups',
        'autoscaling:DetachTrafficSources',
        'autoscaling:PutScalingPolicy',
        'autoscaling:ResumeProcesses',
        'autoscaling:SuspendProcesses',
        'autoscaling:UpdateAutoScalingGroup',
      ],
      on: ['autoscaling:autoScalingGroup:*:autoScalingGroupName/vendhost-dev-shop'],
    },
    Alarms: {
      allow: [
        'cloudwatch:DeleteAlarms',
        'cloudwatch:PutMetricAlarm',
        'cloudwatch:TagResource',
        'cloudwatch:UntagResource',
      ],
      on: ['cloudwatch:alarm:vendhost-dev-shop-host-*'],
    },
    TargetGroups: {
      allow: [
        'elasticloadbalancing:AddTags',
        'elasticloadbalancing:CreateTargetGroup',
        'elasticloadbalancing:DeleteTargetGroup',
        'elasticloadbalancing:ModifyTargetGroup',
        'elasticloadbalancing:ModifyTargetGroupAttributes',
        'elasticloadbalancing:RemoveTags',
      ],
      on: ['elasticloadbalancing:targetgroup/vendhost-dev-shop--*/*'],
    },
    MakeRules: {
      allow: ['elasticloadbalancing:CreateRule'],
      on: ['elasticloadbalancing:listener/app/vendhost-dev/50dc6c495c0c9188/*'],
    },
    TagRules: {
      allow: ['elasticloadbalancing:AddTags'],
      on: ['elasticloadbalancing:listener-rule/app/*'],
      when: {
        StringEquals: { 'aws:RequestTag/vendhost:tenant': 'shop' },
        StringEqualsIfExists: {
          'aws:ResourceTag/vendhost:tenant': 'shop',
          'aws:ResourceTag/vendhost:environment': 'dev',
          'aws:ResourceTag/vendhost:layer': ['data', 'host'],
        },
      },
    },
    OwnRules: {
      allow: [
        'elasticloadbalancing:DeleteRule',
        'elasticloadbalancing:ModifyRule',
        'elasticloadbalancing:RemoveTags',
        'elasticloadbalancing:SetRulePriorities',
      ],
      on: ['elasticloadbalancing:listener-rule/app/*'],
      when: {
        StringEquals: { 'aws:ResourceTag/vendhost:tenant': 'shop', 'aws:ResourceTag/vendhost:environment': 'dev' },
      },
    },
    Database: {
      allow: [
        'rds:AddTagsToResource',
        'rds:CreateDBInstance',
        'rds:CreateDBParameterGroup',
        'rds:CreateDBSubnetGroup',
        'rds:ListTagsForResource',
        'rds:ModifyDBInstance',
        'rds:ModifyDBParameterGroup',
        'rds:ModifyDBSubnetGroup',
        'rds:RebootDBInstance',
        'rds:RemoveTagsFromResource',
        'rds:ResetDBParameterGroup',
      ],
      on: [
        'rds:db:vendhost-dev-shop',
        'rds:pg:vendhost-dev-shop-data-*',
        'rds:subgrp:vendhost-dev-shop-data-*',
        'rds:og:default:*',
      ],
    },
    Secret: {
      allow: [
        'secretsmanager:CreateSecret',
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:TagResource',
        'secretsmanager:UntagResource',
        'secretsmanager:UpdateSecret',
      ],
      on: ['secretsmanager:secret:vendhost/dev/shop/database-*'],
    },
    Logs: {
      allow: [
        'logs:AssociateKmsKey',
        'logs:CreateLogGroup',
        'logs:DisassociateKmsKey',
        'logs:GetDataProtectionPolicy',
        'logs:ListTagsForResource',
        'logs:PutRetentionPolicy',
        'logs:TagResource',
        'logs:UntagResource',
      ],
      on: ['logs:log-group:/aws/rds/instance/vendhost-dev-shop/*'],
    },
    CodeDeploy: {
      allow: [
        'codedeploy:CreateApplication',
        'codedeploy:CreateDeploymentGroup',
        'codedeploy:DeleteApplication',
        'codedeploy:DeleteDeploymentGroup',
        'codedeploy:GetApplication',
        'codedeploy:GetDeploymentGroup',
        'codedeploy:ListTagsForResource',
        'codedeploy:TagResource',
        'codedeploy:UntagResource',
        'codedeploy:UpdateApplication',
        'codedeploy:UpdateDeploymentGroup',
      ],
      on: [
        'codedeploy:application:vendhost-dev-shop',
        'codedeploy:deploymentgroup:vendhost-dev-shop/vendhost-dev-shop',
      ],
    },
    DeploymentConfigs: { allow: ['codedeploy:GetDeploymentConfig'], on: ['codedeploy:deploymentconfig:*'] },
    CodePipeline: {
      allow: [
        'codepipeline:CreatePipeline',
        'codepipeline:DeletePipeline',
        'codepipeline:GetPipeline',
        'codepipeline:GetPipelineState',
        'codepipeline:ListTagsForResource',
        'codepipeline:TagResource',
        'codepipeline:UntagResource',
        'codepipeline:UpdatePipeline',
      ],
      on: ['codepipeline:vendhost-dev-shop', 'codepipeline:vendhost-dev-shop/*'],
    },
    Approvals: {
      allow: [
        'sns:CreateTopic',
        'sns:DeleteTopic',
        'sns:GetDataProtectionPolicy',
        'sns:GetTopicAttributes',
        'sns:ListSubscriptionsByTopic',
        'sns:ListTagsForResource',
        'sns:SetTopicAttributes',
        'sns:TagResource',
        'sns:UntagResource',
      ],
      on: ['sns:vendhost-dev-shop-approvals'],
    },
  },
};
