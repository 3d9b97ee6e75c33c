import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tokenHash, type WebhookSecret } from '../../../scripts/webhook/function/webhook-secret.ts';

export const token = 'a-token-of-the-shop';
export const secret: WebhookSecret = {
  branch: 'master',
  projects: [{ projectId: 15, tokens: [{ sha256: tokenHash(token) }] }],
};

/** Of a tenant with two projects: number 15 has the software, and has not seen the token of 16, which has the infrastructure. */
export const infrastructureToken = "a-token-of-the-shop's-machine";
export const ofHalves: WebhookSecret = {
  branch: 'master',
  projects: [
    { projectId: 16, half: 'infrastructure', tokens: [{ sha256: tokenHash(infrastructureToken) }] },
    { projectId: 15, half: 'software', tokens: [{ sha256: tokenHash(token) }] },
  ],
};

/** The body of an event, as it is sent. */
export function payload(name: string): string {
  return readFileSync(join(import.meta.dirname, 'payloads', `${name}.json`), 'utf8');
}

/** The headers of a delivery (https://docs.gitlab.com/user/project/integrations/webhooks/#delivery-headers). */
export function headersOf(changes: Readonly<Record<string, string | undefined>> = {}) {
  return {
    'Content-Type': 'application/json',
    'User-Agent': 'GitLab/18.9.0',
    'Idempotency-Key': '3a427872-00df-429c-9bc9-a9475de2efe4',
    'X-Gitlab-Event': 'Push Hook',
    'X-Gitlab-Webhook-UUID': '3c5c0404-c866-44bc-a5f6-452bb1bfc76e',
    'X-Gitlab-Instance': 'https://gitlab.example.com',
    'X-Gitlab-Event-UUID': '9cebe914-4827-408f-b014-cfa23a47a35f',
    'X-Gitlab-Token': token,
    ...changes,
  };
}
