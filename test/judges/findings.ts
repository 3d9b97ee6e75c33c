/** What a tool says against a template. */
export interface Finding {
  readonly tool: Tool;
  /** As in `JudgedTemplate`. */
  readonly file: string;
  /** `AWS::S3::Bucket.LogBucket7273C8DB`, or a place in the template that is no resource. */
  readonly resource: string;
  readonly check: string;
  readonly message: string;
}

/** What a tool says when it has looked at all templates. */
export interface Verdict {
  readonly findings: readonly Finding[];
  /** How much it looked at, for people. */
  readonly seen: string;
}

const longest = 200;

export const tools = ['cfn-lint', 'checkov', 'parliament'] as const;
export type Tool = (typeof tools)[number];

/** One line: file, resource, check, message; cfn-lint's messages may list every version of MySQL. */
export function lineOf({ file, resource, check, message }: Finding): string {
  const short = message.length > longest ? `${message.slice(0, longest)}…` : message;
  return `${file}: ${resource}: ${check}: ${short}`;
}
