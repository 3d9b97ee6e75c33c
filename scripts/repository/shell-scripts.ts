import { readFile } from 'node:fs/promises';
import type { CheckFinding } from './findings.ts';

/** Reads a script and says what would stop it from running on Linux. A program (ELF) is not a script and has nothing to check. */
export async function checkScriptFile(from: string, file: string): Promise<CheckFinding[]> {
  const bytes = await readFile(from);
  if (bytes.subarray(0, 4).toString('latin1') === '\u007fELF') return [];
  return checkScript(bytes.toString('utf8'), file);
}

function checkScript(text: string, file: string): CheckFinding[] {
  const findings: CheckFinding[] = [];
  const add = (severity: CheckFinding['severity'], line: number, message: string) => {
    findings.push({ severity, file, line, path: '', message });
  };
  if (text.trim() === '') {
    add('warning', 1, 'is empty');
    return findings;
  }
  const hasMark = text.startsWith('\uFEFF');
  if (hasMark) add('fault', 1, 'begins with a byte order mark: save it as UTF-8 without BOM');
  const windowsLines = text.split('\n').flatMap((line, index) => (line.endsWith('\r') ? index + 1 : []));
  if (windowsLines.length > 0) {
    const more = windowsLines.length > 1 ? ` (and ${windowsLines.length - 1} more)` : '';
    add('fault', windowsLines[0] ?? 1, `Windows line end${more}: must be LF, see .gitattributes: *.sh text eol=lf`);
  }
  if (!text.replace(/^\uFEFF/, '').startsWith('#!')) {
    add('warning', 1, 'no interpreter in the first line: write #!/bin/bash');
  }
  return findings;
}
