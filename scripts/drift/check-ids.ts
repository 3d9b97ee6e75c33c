/** Names of the checks, for the command line: the checks themselves are loaded when they run. */
export const checkIds = [
  'stacks',
  'ownership',
  'hosts',
  'images',
  'alarms',
  'gitlab',
  'certificates',
  'quotas',
] as const;

export type CheckId = (typeof checkIds)[number];
