import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A hook can wait for this: it does not answer before it is opened. */
export interface Gate {
  /** A line of bash that ends when the gate is open. */
  readonly wait: string;
  readonly open: () => void;
}

/** Makes a gate that is there until the test ends. */
export async function gate(): Promise<Gate> {
  let isOpen = false;
  const server = createServer((_request, response) => {
    response.statusCode = isOpen ? 200 : 503;
    response.end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    wait: `until curl -fs -o /dev/null http://127.0.0.1:${port}/; do sleep 0.1; done`,
    open: () => {
      isOpen = true;
    },
  };
}
