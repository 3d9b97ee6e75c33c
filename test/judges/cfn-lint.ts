import { z } from 'zod';
import type { Verdict } from './findings.ts';
import type { JudgedTemplate } from './templates.ts';

const report = z.array(
  z.object({
    Filename: z.string(),
    Message: z.string(),
    Rule: z.object({ Id: z.string() }),
    Location: z.object({ Path: z.array(z.union([z.string(), z.number()])).nullable() }),
  }),
);

/** What cfn-lint is called with: errors and warnings, by the specifications it brings; the exit code is for crashes. */
export function cfnLintCall(templates: readonly JudgedTemplate[]) {
  const files = templates.map(({ file }) => file);
  return {
    program: 'cfn-lint',
    args: ['--format', 'json', '--regions', 'eu-west-1', '--non-zero-exit-code', 'none', '--', ...files],
    env: {},
  };
}

/** Reads cfn-lint's report, and names resources as checkov does. */
export function readCfnLint(json: string, templates: readonly JudgedTemplate[]): Verdict {
  const byFile = new Map(templates.map((each) => [each.file, each.template]));
  const findings = report.parse(JSON.parse(json)).map(({ Filename, Message, Rule, Location }) => {
    const [section, name] = (Location.Path ?? []).map(String);
    const type = section === 'Resources' ? byFile.get(Filename)?.Resources[name ?? '']?.Type : section;
    const resource = [type ?? section ?? 'template', name].filter((part) => part !== undefined).join('.');
    return { tool: 'cfn-lint' as const, file: Filename, resource, check: Rule.Id, message: Message };
  });
  return { findings, seen: `${templates.length} templates, errors and warnings` };
}
