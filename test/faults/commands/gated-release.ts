import { readAudit } from '../../../scripts/audit/read-audit.ts';
import { readPlatformFacts } from '../../../scripts/aws/read-facts.ts';
import { VirtualHost } from '../../scripts/release/virtual-host.ts';
import type { Subject } from '../world.ts';

/** A release that waits; who answered it is recorded once, however often its job was run. */
export const releaseApprove: Subject = {
  name: 'release approve',
  async prepare({ account }) {
    const host = new VirtualHost(account, 'shop');
    await host.make({ approval: true });
    const revision = await host.push('one');
    const { result } = await host.release(revision, { job: { GITLAB_USER_LOGIN: 'ada' } });
    const execution = result?.executionId ?? '';
    return {
      words: [
        ...['release', 'approve', '--tenant', 'shop', '--environment', 'dev', '--reason', 'tested'],
        ...['--execution', execution, '--revision', revision],
      ],
      env: { GITLAB_USER_LOGIN: 'grace' },
      async things() {
        // The deployment goes on by itself.
        await host.atRest();
        const { bucket } = await readPlatformFacts(account.aws, 'dev');
        const query = { ...host.place, action: 'release approve', limit: Number.POSITIVE_INFINITY };
        const { records } = await readAudit(account.aws, bucket, query);
        return records.map(({ action, by }) => `record of ${action} by ${by.user}`);
      },
    };
  },
};

/** What staging runs goes to production, which runs nothing yet. */
export const releasePromote: Subject = {
  name: 'release promote',
  async prepare({ account }) {
    const [staging, production] = [
      new VirtualHost(account, 'shop', 'staging'),
      new VirtualHost(account, 'shop', 'production'),
    ];
    await Promise.all([staging.make(), production.make()]);
    await staging.release(await staging.push('tested'));
    return { words: ['release', 'promote', '--tenant', 'shop', '--environment', 'production', '--from', 'staging'] };
  },
};
