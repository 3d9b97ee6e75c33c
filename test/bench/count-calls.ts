import { openWire } from '../scripts/wire.ts';

/** A way to a cloud on which calls are counted by their kind: S3's by what they do, the others by their names. */
export async function countCalls(endpoint: string) {
  const found = new Map<string, number>();
  const { address, close } = await openWire(endpoint, async ({ operation }, next) => {
    const kind = kindOf(operation);
    found.set(kind, (found.get(kind) ?? 0) + 1);
    return await next();
  });
  const counts = () => Object.fromEntries([...found].sort(([one], [other]) => one.localeCompare(other)));
  return { address, counts, close };
}

function kindOf(operation: string): string {
  if (operation.includes('list-type=2')) return 'list keys';
  if (operation.startsWith('GET ')) return 'GetObject';
  return operation.startsWith('HEAD ') ? 'HeadBucket' : operation;
}
