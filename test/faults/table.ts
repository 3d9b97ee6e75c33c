import type { Killed } from './kill.ts';

const heads = ['command', 'killed', 'at', 'ended', 'again', 's', 'doubled', 'left', 'missing'] as const;

/** The head of the table of kill points, in Markdown. */
export function killedHead(): string {
  return `| ${heads.join(' | ')} |\n|${heads.map(() => '---').join('|')}|`;
}

export function killedLine(command: string, { point, call, end, again, seconds, ...difference }: Killed): string {
  const { doubled, left, missing } = difference;
  const lists = [doubled, left, missing].map((list) => (list.length === 0 ? '–' : list.join('; ')));
  const at = `${point.when} ${point.call}: ${call ?? 'never came'}`;
  return `| ${[command, point.death, at, end, again, seconds.toFixed(0), ...lists].join(' | ')} |`;
}

/** A point is passed when it was hit, and the same command again ended with 0 and left the world as it should be. */
export function isPassed({ call, again, doubled, left, missing }: Killed): boolean {
  return call !== undefined && again === 0 && doubled.length + left.length + missing.length === 0;
}
