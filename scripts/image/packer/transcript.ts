import { VendhostError } from '../../errors.ts';
import { duration, type Output } from '../../output.ts';
import { exitCodeIn, type PackerEvent, type Phase, phases } from './packer-events.ts';

const tailLines = 20;

/** Prints a bake as it happens, one folded section per phase, and keeps the lines that the result or error needs. */
export class Transcript {
  readonly #out: Output;
  readonly #now: () => number;
  readonly #errors: string[] = [];
  readonly #times: string[] = [];
  #tail: string[] = [];
  #open: { phase: Phase; start: number; end: () => Promise<void> } | undefined;

  constructor(out: Output, now: () => number = Date.now) {
    this.#out = out;
    this.#now = now;
  }

  /** `launch 20 s, base 12 s, …`: where the time went. */
  get times(): string {
    return this.#times.join(', ');
  }

  async begin(phase: Phase): Promise<void> {
    await this.end();
    let resolve = () => {};
    const promise = new Promise<void>((ended) => {
      resolve = ended;
    });
    const section = this.#out.section(`bake_${phase.replaceAll('.', '_')}`, phases[phase], () => promise);
    this.#tail = [];
    this.#open = {
      phase,
      start: this.#now(),
      end: async () => {
        resolve();
        await section;
      },
    };
  }

  async accept(event: PackerEvent): Promise<void> {
    if (event.kind === 'phase') return await this.begin(event.phase);
    if (event.kind === 'error') this.#errors.push(event.text);
    if (event.kind === 'output') this.#tail = [...this.#tail, event.text].slice(-tailLines);
    this.#out.detail(event.text);
  }

  async end(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    await open.end();
    this.#times.push(`${open.phase} ${duration(this.#now() - open.start)}`);
  }

  /** Why the bake failed, with the last lines of the script that did. */
  failure(): VendhostError {
    const phase = this.#open?.phase ?? 'launch';
    const code = this.#errors.map(exitCodeIn).find((found) => found !== undefined);
    if (code === undefined) {
      const [first = 'packer exited without an error message', ...more] = this.#errors;
      return new VendhostError('BAKE_FAILED', `cannot ${phases[phase]}: ${first}`, {
        details: more.slice(-tailLines),
        hint: 'fix what AWS reports above, then retry the job',
      });
    }
    const own = phase === 'preInstall.sh' || phase === 'install.sh';
    return new VendhostError(
      'BAKE_FAILED',
      `${own ? phase : `the platform's ${phase} script`} failed with exit code ${code}`,
      {
        details: this.#tail,
        hint: own
          ? `fix infrastructure/${phase} and push; its last lines are above`
          : 'if this is a temporary network error, retry the job; otherwise report it to the platform team',
      },
    );
  }
}
