import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { platformRepository } from '../../builders/platform-repository.ts';
import { Stacks } from '../../builders/stacks.ts';
import { clientConfig } from '../../local-cloud/clients.ts';
import { startLocalGitlab } from '../../local-gitlab/api.ts';
import type { Subject } from '../world.ts';

const project = 'operations/lanterns';
const tenants = ['mill', 'shop'];

/** Two stacks in which somebody changed something: an issue for each. */
export const driftCheck: Subject = {
  name: 'drift check',
  async prepare({ account }) {
    const stacks = new Stacks(clientConfig(account.endpoint, account.account));
    const ssm = await account.aws.ssm();
    for (const tenant of tenants) {
      const tags = { 'vendhost:environment': 'dev', 'vendhost:tenant': tenant, 'vendhost:layer': 'access' };
      const Properties = { Name: `/${tenant}/fact`, Type: 'String', Value: 'as deployed' };
      await stacks.create(`vendhost-dev-${tenant}-access`, {
        resources: { Fact: { Type: 'AWS::SSM::Parameter', Properties } },
        tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      });
      await ssm.send(new PutParameterCommand({ ...Properties, Type: 'String', Value: 'as changed', Overwrite: true }));
    }
    const { directory } = await platformRepository(account.account);
    const gitlab = await startLocalGitlab({ projects: [project] });
    const [found] = gitlab.state.projects();
    if (found === undefined) throw new Error(`the local GitLab has no ${project}`);
    const options = ['--environment', 'dev', '--check', 'stacks', '--fail-on', 'never'];
    return {
      words: ['drift', 'check', ...options, '--directory', directory],
      env: { CI_PROJECT_ID: String(found.id), CI_SERVER_URL: gitlab.address, VENDHOST_GITLAB_TOKEN: gitlab.token },
      gitlab,
      things: async () => gitlab.state.discussions.issues(found).map(({ title, state }) => `issue ${title}, ${state}`),
    };
  },
};
