import type { Report } from '../../scripts/report/report.ts';

/** What a merge request of a tenant could do: something of every gravity. */
export const sampleReport: Report = {
  title: 'What this merge request changes',
  summary:
    'After the merge, production loses a database and replaces all instances; staging could not be fully checked',
  sections: [
    {
      id: 'configuration',
      title: 'Configuration',
      summary: '1 fault in the scripts, everything else fits',
      state: 'found',
      findings: [
        {
          id: 'SC2086:infrastructure/30-php.sh:apt-get',
          gravity: 'fault',
          title: 'Double quote to prevent globbing and word splitting (SC2086)',
          at: { file: 'infrastructure/30-php.sh', line: 12 },
          next: 'write "$packages" instead of $packages',
        },
      ],
    },
    { id: 'dev', title: 'dev', summary: 'no change', state: 'clean', findings: [] },
    {
      id: 'staging',
      title: 'staging',
      summary: 'the host stack is being updated by another pipeline',
      state: 'unknown',
      findings: [
        {
          id: 'vendhost-staging-shop-host',
          gravity: 'unknown',
          title: 'vendhost-staging-shop-host is in UPDATE_IN_PROGRESS: what would change could not be determined',
          next: 'wait for pipeline 4711, then retry this job',
        },
      ],
    },
    {
      id: 'production',
      title: 'production',
      summary: '1 resource replaced, 4 changed; a bake of about 6 minutes, because infrastructure/30-php.sh differs',
      state: 'found',
      findings: [
        {
          id: 'vendhost-production-shop-data/Database',
          gravity: 'loss',
          title: 'The database shop is replaced by an empty one: what is in it is lost',
          values: [
            { path: 'Properties.Engine', from: 'mysql', to: 'mariadb' },
            { path: 'Properties.StorageEncrypted', from: 'false', to: 'true' },
            { path: 'Properties.MasterUserPassword', from: '[masked]', to: '[masked]' },
          ],
          details: ['deletion policy: Snapshot', 'last snapshot: 2026-11-25 03:14 UTC'],
          next: 'keep engine: mysql in vendhost.yml, or restore the snapshot after the merge',
          at: { file: 'vendhost.yml', line: 14 },
        },
        {
          id: 'vendhost-production-shop-host/Group',
          gravity: 'replacement',
          title: 'All 4 instances are replaced, one after another, by ones of the new image',
          values: [{ path: 'ImageId', from: 'ami-0f3c2b1a9d8e7f605', to: '(the image that the push bakes)' }],
        },
        {
          id: 'vendhost-production-shop-data/Database.class',
          gravity: 'interruption',
          title: 'The database restarts, which takes 1 to 3 minutes',
          values: [{ path: 'Properties.DBInstanceClass', from: 'db.t4g.micro', to: 'db.t4g.small' }],
        },
        {
          id: 'vendhost-production-shop-host/Role',
          gravity: 'access',
          title: 'The instances may read one more bucket',
          values: [{ path: 'Policies[0].Statement[3].Resource', to: 'arn:aws:s3:::shop-invoices/*' }],
        },
        {
          id: 'vendhost-production-shop-host/Outgoing',
          gravity: 'network',
          title: 'The instances may connect to any address on port 587',
          values: [{ path: 'SecurityGroupEgress[2]', to: '0.0.0.0/0, tcp 587' }],
        },
        {
          id: 'vendhost-production-shop-host/Alarm',
          gravity: 'change',
          title: 'The alarm shop-unhealthy waits longer',
          values: [{ path: 'Properties.EvaluationPeriods', from: '2', to: '5' }],
        },
        {
          id: 'vendhost-production-shop-host/Cron',
          gravity: 'change',
          title: 'A parameter is new',
          values: [{ path: 'Properties.Value', to: '*/5 * * * * www-data php /srv/shop/artisan schedule:run' }],
        },
      ],
    },
  ],
  facts: {
    project: 'acme/shop',
    commit: '4f1c9e2',
    pipeline: 'https://gitlab.example.test/acme/shop/-/pipelines/4712',
    made: '2026-11-26 15:02 UTC',
  },
};
