import { defaultBranches, environments } from '../../config/environment.ts';
import type { Question } from '../questions.ts';

const byEnvironment = 'one for all, or "dev=… staging=… production=…"';

/** What the files of a platform's repository need to know, in the order of the questions. */
export const platformQuestions: readonly Question[] = [
  { key: 'name', text: 'Name of the platform' },
  { key: 'gitlab', text: 'Address of GitLab', preset: 'https://gitlab.com' },
  { key: 'project', text: "Path of the platform's own project in GitLab, like operations/lanterns" },
  { key: 'library', text: "Path of this library's project in that GitLab", preset: 'platform/vendhost' },
  { key: 'environments', text: 'Environments, separated by spaces', preset: environments.join(' ') },
  { key: 'account', text: `AWS account, ${byEnvironment}` },
  { key: 'region', text: `AWS region, ${byEnvironment}` },
  {
    key: 'domain',
    text: 'Domain of production, like example.com, which the others are below; or "dev=… staging=… production=…"',
  },
  { key: 'certificate', text: `ARN of the certificate in ACM, ${byEnvironment}; empty: not yet`, preset: '' },
  {
    key: 'role',
    text: 'Role that administrators assume in the accounts; empty: they have credentials for each',
    preset: 'OrganizationAccountAccessRole',
  },
  {
    key: 'runners',
    text: 'Source networks of runners outside AWS, like 203.0.113.7/32, separated by spaces; empty: they are in the VPC',
    preset: '',
  },
  { key: 'tags', text: 'Tags of the runners, separated by spaces; empty: those that accept untagged jobs', preset: '' },
  {
    key: 'production-branch',
    text: "Branch of the tenants' projects that is deployed to production",
    preset: defaultBranches.production,
  },
  { key: 'tenant', text: 'Name of the first tenant; empty: none yet', preset: '' },
  { key: 'tenant-project', text: "Path of that tenant's project in GitLab, like acme/shop", after: 'tenant' },
];
