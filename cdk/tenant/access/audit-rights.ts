import { keys } from '../../../scripts/config/names.ts';
import type { Right } from '../../role.ts';
import type { Scope } from './tenant-scope.ts';

/**
 * Writes records of actions, each once: S3 refuses a key that exists when the request has `If-None-Match`, and without that
 * header IAM refuses the request (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html). The
 * boundary denies it too, with everything that would change or delete a record.
 */
export function auditRights(scope: Scope): Right[] {
  return [
    {
      sid: 'Audit',
      actions: ['s3:PutObject'],
      resources: auditObjects(scope),
      when: { Null: { 's3:if-none-match': 'false' } },
      because: "The tenant's own records; a key is a time and a random part.",
    },
  ];
}

/** The tenant's records of actions. */
function auditObjects(scope: Scope): string[] {
  return scope.objects(`${keys.auditRecords(scope.place.tenant)}*`);
}
