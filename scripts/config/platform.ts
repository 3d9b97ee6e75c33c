import { z } from 'zod';
import { defaultBranches, type Environment, environments } from './environment.ts';

const environment = z.strictObject({
  branch: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Branch whose pushes reach this environment; without it dev, staging or master' }),
  account: z
    .string()
    .regex(/^\d{12}$/, 'a quoted 12-digit account number')
    .meta({ description: 'AWS account, 12 digits in quotes' }),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'an AWS region, like eu-west-1')
    .meta({ description: 'AWS region, like eu-west-1' }),
  cidr: z
    .string()
    .regex(/^(10|172|192)(\.\d{1,3}){3}\/16$/, 'a private /16 network, like 10.10.0.0/16')
    .meta({ description: 'Network of the VPC, a private /16' }),
  domain: z
    .string()
    .regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/, 'a lower-case domain, like dev.example.com')
    .meta({ description: 'Domain the platform may give hosts of' }),
  certificate: z
    .string()
    .regex(/^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/.+$/, 'the ARN of an ACM certificate')
    .meta({ description: 'ARN of the certificate of the HTTPS listener' }),
  nat: z.enum(['one', 'per-zone']).default('one').meta({ description: 'One NAT gateway, or one in each zone' }),
  approval: z.boolean().default(false).meta({ description: 'A person must approve each release' }),
});

/** `platform.yml`: the environments of a platform. */
export const platformSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,30}$/, 'lower-case letters, digits and hyphens')
    .meta({ description: 'Name of the platform' }),
  gitlab: z.url({ protocol: /^https?$/ }).meta({ description: 'Address of GitLab, like https://gitlab.example.com' }),
  environments: z
    .partialRecord(z.enum(environments), environment)
    .refine((all) => Object.keys(all).length > 0, 'at least one environment')
    .meta({ description: 'Environments of the platform, by name' }),
});

export type PlatformConfig = z.output<typeof platformSchema>;
export type EnvironmentConfig = z.output<typeof environment>;

/** The branch whose pushes reach an environment. */
export function branchOf(name: Environment, config: EnvironmentConfig): string {
  return config.branch ?? defaultBranches[name];
}
