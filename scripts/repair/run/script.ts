/**
 * The line of a shell script that runs exactly these words. Systems Manager replaces `{{ … }}` in the parameters of a command
 * (https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-param-runcommand.html), so no two braces are left next to each other.
 */
export function scriptLine(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`).replaceAll(/\{(?=\{)/g, "{''")}'`;
}
