import { setTimeout as wait } from 'node:timers/promises';
import { callJson } from '../clients.ts';

/** A build as the tests look at it. */
export interface Build {
  id: string;
  buildStatus: string;
  buildComplete: boolean;
  initiator: string;
  phases: { phaseType: string; phaseStatus?: string; contexts?: { statusCode: string; message: string }[] }[];
  logs: { groupName: string; streamName: string };
  exportedEnvironmentVariables: { name: string; value: string }[];
}

/** CodeBuild of an account, without an SDK client. */
export class Builds {
  readonly #endpoint: string;
  readonly #account: string;

  constructor(endpoint: string, account: string) {
    this.#endpoint = endpoint;
    this.#account = account;
  }

  call(operation: string, request: object): Promise<Record<string, unknown>> {
    return callJson(this.#endpoint, this.#account, `CodeBuild_20161006.${operation}`, request);
  }

  async start(projectName: string, more: object = {}): Promise<string> {
    const answer = await this.call('StartBuild', { projectName, ...more });
    if (!answer.build) throw new Error(JSON.stringify(answer));
    return (answer.build as Build).id;
  }

  async get(id: string): Promise<Build> {
    const { builds } = await this.call('BatchGetBuilds', { ids: [id] });
    const [build] = builds as Build[];
    if (!build) throw new Error(`no build ${id}`);
    return build;
  }

  /** The build, once it has ended. */
  async ended(id: string): Promise<Build> {
    for (;;) {
      const build = await this.get(id);
      if (build.buildComplete) return build;
      await wait(50);
    }
  }

  /** Ids of a project's builds, newest first. */
  async of(projectName: string): Promise<string[]> {
    const { ids } = await this.call('ListBuildsForProject', { projectName });
    return ids as string[];
  }

  /** What a build wrote, line by line, without the times. */
  async log({ logs: { groupName, streamName } }: Build): Promise<string[]> {
    const request = { logGroupName: groupName, logStreamName: streamName, startFromHead: true };
    const { events } = await callJson(this.#endpoint, this.#account, 'Logs_20140328.GetLogEvents', request);
    const lines = (events as { message: string }[]).map(({ message }) => message.trimEnd());
    return lines.map((line) => line.replace(/^\[Container\] \S+ \S+ /, '> '));
  }
}

/** Phases with their statuses, but for those that AWS's own machinery has. */
export function phasesOf({ phases }: Build): string[] {
  const own = new Set(['INSTALL', 'PRE_BUILD', 'BUILD', 'POST_BUILD']);
  return phases
    .filter(({ phaseType, phaseStatus }) => own.has(phaseType) || phaseStatus !== 'SUCCEEDED')
    .map(({ phaseType, phaseStatus = '' }) => `${phaseType} ${phaseStatus}`.trim())
    .filter((phase) => phase !== 'COMPLETED');
}
