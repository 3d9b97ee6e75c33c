import type { WireCall } from '../scripts/wire.ts';

/** Operations whose names do not begin so change something. */
const reading =
  /^(Assume|BatchGet|BatchCheck|Check|Decode|Describe|Detect|Estimate|Filter|Get|List|Lookup|Query|Search|Simulate|Test|Validate)[A-Z]/;

/** Whether a call to AWS or GitLab changes something there. */
export function isWrite({ operation }: WireCall): boolean {
  const method = /^([A-Z]+) \//.exec(operation)?.[1];
  return method === undefined ? !reading.test(operation) : method !== 'GET' && method !== 'HEAD';
}

/** A call as a table shows it: without what is another one in every run. */
export function nameOf({ operation }: WireCall): string {
  const path = operation.split('?')[0] ?? '';
  const place = path.replace(/^([A-Z]+) \/(api\/v4\/)?[^/]+/, '$1 ');
  return (path === operation && !path.includes('/') ? path : place)
    .replace(/ \//, ' ')
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27,}|[0-9a-f]{16,}/g, '…');
}
