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
 * Files below `packer/phases/`, in the order they run. Packer names each before it runs it, in a line type that no
 * script can write: this shows which one the following lines belong to.
 */
export const phaseScripts: ReadonlyMap<string, Phase> = new Map([
  ['base.sh', 'base'],
  ['preInstall.sh', 'preInstall.sh'],
  ['install.sh', 'install.sh'],
  ['seal.sh', 'seal'],
]);

/** Packer's messages about its connection and temporary files, and its closing summary. */
const noise = /^(Provisioning with|Uploading|Using ssh communicator|Build '|==> |--> |Builds finished) ?/;

/** One parsed line of Packer. */
export type PackerEvent =
  | { readonly kind: 'phase'; readonly phase: Phase }
  /** Something Packer does. */
  | { readonly kind: 'step'; readonly text: string }
  /** A line that a script wrote. */
  | { readonly kind: 'output'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string };

/**
 * Reads a line of `packer build -machine-readable`: `time,target,type,data…`
 * (https://developer.hashicorp.com/packer/docs/commands#machine-readable-output).
 */
export function readEvents(line: string): PackerEvent[] {
  const [time = '', , type, ...data] = line.split(',');
  if (!/^\d+$/.test(time)) return line.trim() === '' ? [] : [{ kind: 'error', text: line }];
  if (type === 'error') return texts(data[0], 'error');
  if (type !== 'ui') return [];
  const [level, text] = data;
  if (level === 'say') return texts(text, 'step').flatMap(phaseOfStep);
  // Scripts write through "message"; "error" repeats what the "error" line above says, with decoration.
  return level === 'message' ? texts(text, 'output') : [];
}

/** The exit code in Packer's words for a failed script. */
export function exitCodeIn(text: string): number | undefined {
  const code = /Script exited with non-zero exit status: (\d+)/.exec(text)?.[1];
  return code === undefined ? undefined : Number(code);
}

function texts<K extends 'step' | 'output' | 'error'>(data: string | undefined, kind: K): { kind: K; text: string }[] {
  return plain(data ?? '')
    .split('\n')
    .map((text) => ({ kind, text: text.replace(/^(==>|-->| {3}) null\.builder: ?/, '').trimEnd() }))
    .filter(({ text }) => text !== '');
}

function plain(text: string): string {
  return text.replaceAll('%!(PACKER_COMMA)', ',').replaceAll(String.raw`\r`, '').replaceAll(String.raw`\n`, '\n');
}

function phaseOfStep(event: { kind: 'step'; text: string }): PackerEvent[] {
  const script = /^Provisioning with shell script: .*\/phases\/(\w+)\.sh$/.exec(event.text)?.[1];
  const phase = script === undefined ? undefined : phaseScripts.get(`${script}.sh`);
  if (phase !== undefined) return [{ kind: 'phase', phase }];
  return noise.test(event.text) ? [] : [event];
}
