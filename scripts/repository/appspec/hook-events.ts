import { editsBetween } from './keys.ts';

/** Life-cycle events that can run scripts (https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html). */
export const scriptable = [
  'BeforeBlockTraffic',
  'AfterBlockTraffic',
  'ApplicationStop',
  'BeforeInstall',
  'AfterInstall',
  'ApplicationStart',
  'ValidateService',
  'BeforeAllowTraffic',
  'AfterAllowTraffic',
] as const;

/** Events that CodeDeploy reserves: a script under one of them never runs. */
export const reserved = ['Start', 'DownloadBundle', 'Install', 'BlockTraffic', 'AllowTraffic', 'End'] as const;

export type ScriptableEvent = (typeof scriptable)[number];

export function isScriptable(name: string): name is ScriptableEvent {
  return (scriptable as readonly string[]).includes(name);
}

export function isEvent(name: string): boolean {
  return isScriptable(name) || (reserved as readonly string[]).includes(name) || name === 'AfterAllowTestTraffic';
}

/** The event that a misspelt name means: at most two edits away, ignoring case, spaces and signs. */
export function meant(name: string): ScriptableEvent | undefined {
  const letters = name.toLowerCase().replaceAll(/[^a-z]/g, '');
  if (letters.length > 40) return undefined;
  return scriptable.find((event) => editsBetween(event.toLowerCase(), letters) <= 2);
}
