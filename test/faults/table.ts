import type { Difference } from './census.ts';
import type { PathRow } from './fault-paths.ts';
import type { KilledRow } from './kill-points.ts';

const row = (cells: readonly unknown[]) => `| ${cells.join(' | ')} |`;
const head = (names: readonly string[]) => `${row(names)}\n|${names.map(() => '---').join('|')}|`;
const differences = ({ doubled, left, missing }: Difference) =>
  [doubled, left, missing].map((list) => (list.length === 0 ? '–' : list.join('; ')));
const isClean = ({ doubled, left, missing }: Difference) => doubled.length + left.length + missing.length === 0;

/** Head of the table of kill points, in Markdown. */
export const killedHead = head(['command', 'killed', 'at', 'ended', 'again', 's', 'doubled', 'left', 'missing']);

export function killedLine({ command, killed }: KilledRow): string {
  const { point, call, end, again, error, seconds } = killed;
  const at = `${point.when} ${point.call}: ${call ?? 'never came'}`;
  const outcome = error === undefined ? again : `${again} ${error}`;
  return row([command, point.death, at, end, outcome, seconds.toFixed(0), ...differences(killed)]);
}

/** The point was hit, and the same command again ended with 0 and left the world as it should be. */
export function isKillPassed({ killed }: KilledRow): boolean {
  return killed.call !== undefined && killed.again === 0 && isClean(killed);
}

/** Head of the table of paths with faults: of each command the tries, and what the others ended with. */
export const pathHead = head([
  ...['path', 'bake', 'provision', 'push', 'release'],
  ...['faults', 's', 'doubled', 'left', 'missing'],
]);

export function pathLine(path: PathRow): string {
  const tried = ['bake', 'provision', 'push', 'release'].map((name) => {
    const found = path.commands.find(({ command }) => command === name);
    if (found === undefined) return 'not reached';
    const { end, tries, errors } = found;
    const failed = errors.length === 0 ? '' : ` (${errors.join(', ')})`;
    return end === 0 ? `${tries}${failed}` : `${tries}${failed}, ended ${end}`;
  });
  const seconds = path.commands.reduce((sum, each) => sum + each.seconds, 0);
  return row([path.number, ...tried, path.faults, seconds.toFixed(0), ...differences(path)]);
}

/** Every command of the path ended with 0 in the end, none called a fault a bug, and the world is as it should be. */
export function isPathPassed(path: PathRow): boolean {
  const ended = path.commands.length === 4 && path.commands.every(({ end }) => end === 0);
  return ended && isClean(path) && path.commands.every(({ errors }) => !errors.includes('bug'));
}
