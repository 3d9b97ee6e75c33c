/** What a bake goes through; the scripts' phases carry the script's name. */
export const phases = {
  launch: 'start the builder',
  base: "run the platform's base scripts",
  'preInstall.sh': "run the tenant's preInstall.sh",
  'install.sh': "run the tenant's install.sh",
  seal: 'remove what belongs to the builder alone',
  image: 'make the image',
} as const;

export type Phase = keyof typeof phases;

/**
 * Files below `packer/phases/`, in the order they run. Packer names each before it runs it, in a line of its own kind that no
 * script can write: that is how it is known which one the lines that follow are of.
 */
export const phaseScripts: ReadonlyMap<string, Phase> = new Map([
  ['base.sh', 'base'],
  ['preInstall.sh', 'preInstall.sh'],
  ['install.sh', 'install.sh'],
  ['seal.sh', 'seal'],
]);

/** Packer's messages about its temporary files and each tag, and its closing summary. */
const noise = [
  /^(Provisioning with|Uploading|Prevalidating|Modifying|Tagging|No volumes|Trying to remove) ?/,
  /^(Adding tags?|Creating (AMI|snapshot) tags)\b/,
  /^(Build '|==> |AMIs were created|[a-z0-9-]+: ami-)/,
];

/** The same, on the level that scripts write on as well. */
const ownNoise = /^(Adding tag: "|Modifying: )/;

/** One line of Packer, understood. */
export type PackerEvent =
  | { readonly kind: 'phase'; readonly phase: Phase }
  /** Something Packer does. */
  | { readonly kind: 'step'; readonly text: string }
  /** A line that a script wrote. */
  | { readonly kind: 'output'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'artifact'; readonly imageId: string };

/**
 * Reads a line of `packer build -machine-readable`: `time,target,type,data…`
 * (https://developer.hashicorp.com/packer/docs/commands#machine-readable-output).
 */
export function readEvents(line: string): PackerEvent[] {
  const [time = '', , type, ...data] = line.split(',');
  if (!/^\d+$/.test(time)) return line.trim() === '' ? [] : [{ kind: 'error', text: line }];
  if (type === 'artifact') return artifact(data);
  if (type === 'error') return texts(data[0], 'error');
  if (type !== 'ui') return [];
  const [level, text] = data;
  if (level === 'say') return texts(text, 'step').flatMap(phaseOfStep);
  // Scripts write through "message"; "error" repeats what the "error" line above says, with decoration.
  return level === 'message' ? texts(text, 'output').filter(({ text }) => !ownNoise.test(text)) : [];
}

/** The builder, in Packer's words for one that was just started. */
export function builderIn({ kind, text }: { kind: string; text: string }): string | undefined {
  return kind === 'step' ? /^Waiting for instance \((i-[0-9a-f]+)\) to become ready/.exec(text)?.[1] : undefined;
}

/** The exit code in Packer's words for a failed script. */
export function exitCodeIn(text: string): number | undefined {
  const code = /Script exited with non-zero exit status: (\d+)/.exec(text)?.[1];
  return code === undefined ? undefined : Number(code);
}

function artifact([, field, value]: readonly string[]): PackerEvent[] {
  const imageId = field === 'id' ? /:(ami-[0-9a-z]+)/.exec(value ?? '')?.[1] : undefined;
  return imageId === undefined ? [] : [{ kind: 'artifact', imageId }];
}

function texts<K extends 'step' | 'output' | 'error'>(data: string | undefined, kind: K): { kind: K; text: string }[] {
  return plain(data ?? '')
    .split('\n')
    .map((text) => ({ kind, text: text.replace(/^(==>|-->| {3}) amazon-ebs\.image: ?/, '').trimEnd() }))
    .filter(({ text }) => text !== '');
}

function plain(text: string): string {
  return text.replaceAll('%!(PACKER_COMMA)', ',').replaceAll(String.raw`\r`, '').replaceAll(String.raw`\n`, '\n');
}

function phaseOfStep(event: { kind: 'step'; text: string }): PackerEvent[] {
  const script = /^Provisioning with shell script: .*\/phases\/(\w+)\.sh$/.exec(event.text)?.[1];
  const phase = script === undefined ? undefined : phaseScripts.get(`${script}.sh`);
  if (phase !== undefined) return [{ kind: 'phase', phase }];
  if (noise.some((pattern) => pattern.test(event.text))) return [];
  return event.text.startsWith('Stopping the source instance') ? [{ kind: 'phase', phase: 'image' }, event] : [event];
}
