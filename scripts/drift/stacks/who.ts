import type { Event } from '@aws-sdk/client-cloudtrail';
import { z } from 'zod';
import { jsonIn } from '../../aws/read-stored.ts';
import type { Aws } from '../../aws/session.ts';
import type { Runtime } from '../../runtime.ts';
import type { ResourceDrift } from './read-drifts.ts';

/** Logical ids of drifted resources → who changed each last, as far as CloudTrail tells. */
export type ChangerLookup = (drifted: readonly ResourceDrift[]) => Promise<ReadonlyMap<string, string>>;

/** Most look-ups: CloudTrail answers two a second. */
const mostLookups = 20;
/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html: two a second in an account and region. */
const pauseMs = 550;

/**
 * Asks CloudTrail's history of the last 90 days, one resource after the other. It is a service of its own that may be missing
 * a right or an event, so that nothing depends on it: whatever goes wrong, nothing is said of who it was.
 */
export function changerLookup(runtime: Runtime, aws: Aws): ChangerLookup {
  let asked = 0;
  let isRefused = false;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.then(
      () => pause(aws, runtime.signal),
      () => undefined,
    );
    return turn;
  };
  const ask = async ({ logicalId, physicalId, type }: ResourceDrift) => {
    if (isRefused || physicalId === '' || asked >= mostLookups) return undefined;
    asked += 1;
    try {
      const line = changerIn(await trailEvents(aws, physicalId, isGlobal(type)));
      return line === undefined ? undefined : ([logicalId, line] as const);
    } catch {
      isRefused = true;
      return undefined;
    }
  };
  return async (drifted) => {
    const lines = await Promise.all(drifted.map((resource) => inTurn(() => ask(resource))));
    return new Map(lines.filter((line) => line !== undefined));
  };
}

async function pause({ isLocalCloud }: Aws, signal: AbortSignal): Promise<void> {
  if (isLocalCloud) return;
  const { setTimeout: wait } = await import('node:timers/promises');
  await wait(pauseMs, undefined, { signal }).catch(() => undefined);
}

/** IAM's events are in one region of the partition. */
function isGlobal(type: string): boolean {
  return type.startsWith('AWS::IAM::');
}

async function trailEvents(aws: Aws, name: string, global: boolean): Promise<readonly Event[]> {
  const { LookupEventsCommand } = await import('@aws-sdk/client-cloudtrail');
  const client = global ? await aws.globalCloudTrail() : await aws.cloudTrail();
  const LookupAttributes = [{ AttributeKey: 'ResourceName' as const, AttributeValue: name }];
  // The newest first: what changed it last is on the first page, unless it was read very often since.
  return (await client.send(new LookupEventsCommand({ LookupAttributes }))).Events ?? [];
}

const details = z.object({
  sourceIPAddress: z.string().optional(),
  errorCode: z.string().optional(),
  userIdentity: z.object({ invokedBy: z.string().optional(), arn: z.string().optional() }).optional(),
});

/** The newest event that changed something and did not come from CloudFormation. */
export function changerIn(events: readonly Event[]): string | undefined {
  for (const { EventName, EventTime, Username, ReadOnly, CloudTrailEvent = '{}' } of events) {
    if (ReadOnly === 'true') continue;
    const read = details.safeParse(jsonIn(CloudTrailEvent));
    // It may be the change that is looked for: nobody is named rather than somebody else.
    if (!read.success) return undefined;
    const { sourceIPAddress, errorCode, userIdentity } = read.data;
    const through = [sourceIPAddress, userIdentity?.invokedBy];
    if (errorCode !== undefined || through.includes('cloudformation.amazonaws.com')) continue;
    const who = userIdentity?.arn ?? Username;
    if (who === undefined || EventName === undefined) continue;
    const when = EventTime === undefined ? '' : ` at ${EventTime.toISOString().replace(/\.\d+Z$/, 'Z')}`;
    return `CloudTrail: ${EventName} by ${who}${when}`;
  }
  return undefined;
}
