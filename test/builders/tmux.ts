import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';

/** A shell in a terminal of tmux, as a person has one. */
export interface Shell {
  /** Presses keys, as `tmux send-keys` names them: `C-c`, `Enter`; other words are typed. */
  press(...keys: string[]): Promise<void>;
  /** What is to be seen, with the lines that went out at the top. */
  seen(): Promise<string>;
  isCursorVisible(): Promise<boolean>;
}

/** Opens the shell with this environment alone; it is gone after the test. */
export async function shell(cwd: string, env: Readonly<Record<string, string | undefined>>): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), 'vendhost-tmux-'));
  const tmux = async (...words: string[]) => {
    const all = { LANG: 'C.UTF-8', TERM: 'xterm-256color', PATH: process.env.PATH, HOME: folder, ...env };
    return (
      await execa('tmux', ['-S', join(folder, 'tmux'), '-f', '/dev/null', ...words], { env: all, extendEnv: false })
    ).stdout;
  };
  await tmux('new-session', '-d', '-x', '110', '-y', '40', '-c', cwd, 'bash --norc --noprofile');
  onTestFinished(async () => {
    await tmux('kill-server');
  });
  return {
    async press(...keys) {
      await tmux('send-keys', ...keys);
    },
    seen: () => tmux('capture-pane', '-p', '-J', '-S', '-'),
    isCursorVisible: async () => (await tmux('display-message', '-p', '#{cursor_flag}')) === '1',
  };
}
