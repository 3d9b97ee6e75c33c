import type { IIoHost, IoMessage, IoRequest } from '@aws-cdk/toolkit-lib';
import type { Runtime } from '../runtime.ts';

/** What the CDK's toolkit says while it synthesizes: only warnings are shown. */
export class Synthesis implements IIoHost {
  readonly #runtime: Runtime;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  async notify({ level, message }: IoMessage<unknown>): Promise<void> {
    if (level === 'warn') this.#runtime.out.warn(message);
  }

  /** Every question of the toolkit is answered with its default. */
  async requestResponse<T>({ defaultResponse }: IoRequest<unknown, T>): Promise<T> {
    return defaultResponse;
  }
}
