import { randomUUID } from 'node:crypto';
import { switchParameter } from '../../../cdk/tenant/entry/switch-document.ts';
import { answered } from '../../aws/answers.ts';
import { poll } from '../../aws/poll.ts';
import type { Aws } from '../../aws/session.ts';

/** How an automation ended, in Systems Manager's words. */
export interface Automation {
  readonly id: string;
  /** `Success`, `Failed`, `TimedOut` or `Cancelled`, and others that are no success. */
  readonly status: string;
  /** Why it failed; else empty. */
  readonly reason: string;
}

/** Two calls for each rule; each takes up to 25 seconds (https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-executeAwsApi.html). */
const limitMs = 10 * 60_000;

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AutomationExecution.html */
const underWay = /^(Pending|InProgress|Waiting|Cancelling|Scheduled|RunbookInProgress|PendingApproval|Approved)$/;

/** Starts the document that switches a tenant's maintenance. It has an idempotency token: the SDK may send it again. */
export async function startSwitch(aws: Aws, document: string, to: 'on' | 'off'): Promise<string> {
  const { StartAutomationExecutionCommand } = await import('@aws-sdk/client-ssm');
  const command = new StartAutomationExecutionCommand({
    DocumentName: document,
    Parameters: { [switchParameter.name]: [switchParameter[to]] },
    ClientToken: randomUUID(),
  });
  const { AutomationExecutionId } = await (await aws.ssm()).send(command);
  return answered(AutomationExecutionId, 'SSM StartAutomationExecution', 'an id');
}

/** Waits until it has ended. Throws `TIMED_OUT`, and the signal's reason. */
export async function followSwitch(aws: Aws, id: string, signal: AbortSignal): Promise<Automation> {
  const what = `the automation ${id}`;
  return await poll({ what, pace: aws.pace, limitMs, signal, check: () => readAutomation(aws, id) });
}

/** `undefined` while it is in progress, or Systems Manager does not know it yet. */
async function readAutomation(aws: Aws, id: string): Promise<Automation | undefined> {
  const { AutomationExecutionNotFoundException, GetAutomationExecutionCommand } = await import('@aws-sdk/client-ssm');
  try {
    const command = new GetAutomationExecutionCommand({ AutomationExecutionId: id });
    const { AutomationExecution: found } = await (await aws.ssm()).send(command);
    const { AutomationExecutionStatus: status = 'Pending', FailureMessage: reason = '' } = found ?? {};
    return underWay.test(status) ? undefined : { id, status, reason };
  } catch (error) {
    if (error instanceof AutomationExecutionNotFoundException) return undefined;
    throw error;
  }
}
