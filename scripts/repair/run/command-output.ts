import { awsError } from '../../aws/foreseen-errors.ts';
import type { Aws } from '../../aws/session.ts';
import { messageOf } from '../../errors.ts';
import type { Output } from '../../output.ts';
import type { CommandOutput } from './invocation.ts';

/**
 * How the SSM agent marks output that it truncates to the 24,000 characters of stdout and 8,000 of stderr that a response holds
 * (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html;
 * https://github.com/aws/amazon-ssm-agent, agent/framework/processor/executer/iohandler).
 */
const cut = /\n---(?:Output|Error) truncated-{3,4}$/;
const shortestCut = 8000;

/** Whether a response may hold only the beginning: its mark, or as many characters as the smaller limit. */
function mayBeCut({ text }: CommandOutput): boolean {
  return text.length >= shortestCut || cut.test(text);
}

/** Only this much of a longer output is read: it is held in memory, and no job log keeps that much. */
const mostBytes = 16 * 1024 * 1024;

/**
 * The whole output; from the bucket if the response may hold only its beginning. If the object cannot be read, or has more than 16 MiB: the beginning,
 * and a warning.
 */
export async function wholeOutput(aws: Aws, bucket: string, part: CommandOutput, out: Output): Promise<string> {
  const key = keyOfUrl(bucket, part.url);
  if (!mayBeCut(part)) return part.text;
  if (key === undefined) {
    if (cut.test(part.text)) out.warn('the output is cut: Systems Manager names no object with all of it');
    return part.text;
  }
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=0-${mostBytes - 1}` });
    const { Body, ContentRange = '' } = await (await aws.s3()).send(command);
    const bytes = Number(/\/(\d+)$/.exec(ContentRange)?.[1] ?? 0);
    if (bytes > mostBytes) {
      out.warn(
        `the output has ${bytes} bytes, of which these are the first ${mostBytes}: all are in s3://${bucket}/${key}`,
      );
    }
    return (await Body?.transformToString()) ?? '';
  } catch (error) {
    out.warn(`the output may be cut: s3://${bucket}/${key} cannot be read: ${messageOf(awsError(error, {}) ?? error)}`);
    return part.text;
  }
}

/** The key in an object's address, whether the bucket is in its path or in its host name. */
export function keyOfUrl(bucket: string, url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname, pathname } = new URL(url);
  const path = decodeURIComponent(pathname).slice(1);
  if (hostname.startsWith(`${bucket}.`)) return path;
  return path.startsWith(`${bucket}/`) ? path.slice(bucket.length + 1) : undefined;
}
