import { type Doing, Output, type Terminal } from '../../scripts/output.ts';

/** An output at a terminal that keeps what it shows: the lines of what goes on, and what was printed above them. */
export function shownAt(now: () => number, answers: readonly (string | undefined)[] = []) {
  const shown: { lines: Record<string, Doing>; printed: string } = { lines: {}, printed: '' };
  const since = new Map<string, number>();
  const asked: string[] = [];
  const left = [...answers];
  const terminal: Terminal = {
    set(what, doing) {
      if (!since.has(what)) since.set(what, now());
      shown.lines[what] = doing;
    },
    end(what) {
      const start = since.get(what);
      since.delete(what);
      delete shown.lines[what];
      return start === undefined ? undefined : now() - start;
    },
    print(text) {
      shown.printed += text;
    },
    async ask(question) {
      asked.push(question);
      return left.shift();
    },
    close() {
      shown.lines = {};
    },
    styled: (colour, text) => (colour === 'dim' || colour === 'bold' ? text : `<${colour}>${text}`),
  };
  const refuse = () => {
    throw new Error('progress goes to the terminal');
  };
  return { shown, asked, terminal, out: new Output({ stdout: refuse, stderr: refuse, terminal }) };
}
