const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** How long something has been so, as people say it: `4 min`, `3 h`, `12 days`. */
export function ageWords(ms: number): string {
  if (ms < minuteMs) return 'less than a minute';
  if (ms < 2 * hourMs) return `${Math.floor(ms / minuteMs)} min`;
  if (ms < 2 * dayMs) return `${Math.floor(ms / hourMs)} h`;
  return `${Math.floor(ms / dayMs)} days`;
}

/** A time as pages and lines show it: ISO 8601 in UTC, in whole seconds. */
export function timeWords(time: number | Date): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
}
