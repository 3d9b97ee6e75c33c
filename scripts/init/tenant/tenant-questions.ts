import { defaultBranches } from '../../config/environment.ts';
import type { Question } from '../questions.ts';

/** What the files of a tenant's repository need to know, in the order of the questions. */
export const tenantQuestions: readonly Question[] = [
  { key: 'tenant', text: "Name of the tenant, as in the platform's tenants/ folder" },
  { key: 'library', text: "Path of this library's project in GitLab", preset: 'platform/vendhost' },
  { key: 'database', text: 'Database: none, or mysql on RDS, which costs money', preset: 'none' },
  { key: 'tags', text: 'Tags of the runners, separated by spaces; empty: those that accept untagged jobs', preset: '' },
  {
    key: 'production-branch',
    text: 'Branch that is deployed to production',
    preset: defaultBranches.production,
  },
];
