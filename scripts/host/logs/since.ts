import { VendhostError } from '../../errors.ts';

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** The moment, in milliseconds, that `--since` means: `30m`, `1h` or `2d` before now, or a date with or without a time, in UTC. */
export function momentOf(since: string, now: number): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(since) ?? [];
  if (count !== '') return now - Number(count) * units[unit as keyof typeof units];
  const form = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d{1,3})?)?Z?)?$/.exec(since);
  const [, day = '', minute = '00:00', second = ':00'] = form ?? [];
  const at = form === null ? Number.NaN : Date.parse(`${day}T${minute}${second}Z`);
  // JavaScript parses February 30 as March 2.
  if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(day)) {
    throw new VendhostError('USAGE', `--since ${since} is wrong: must be like 30m, 1h, 2d or 2026-11-27T10:00Z`, {
      hint: 'give how long ago, or a date and time in UTC',
    });
  }
  if (at > now) {
    const present = new Date(now).toISOString();
    throw new VendhostError('USAGE', `--since ${since} is wrong: must be in the past, and now is ${present}`, {
      hint: 'give how long ago, or a date and time in UTC',
    });
  }
  return at;
}
