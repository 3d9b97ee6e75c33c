import { z } from 'zod';
import type { Finding, Verdict } from './findings.ts';
import type { JudgedTemplate } from './templates.ts';

const record = z.object({ check_id: z.string(), check_name: z.string(), file_path: z.string(), resource: z.string() });

const report = z.object({
  results: z.object({
    passed_checks: z.array(record),
    failed_checks: z.array(record),
    skipped_checks: z.array(record),
    parsing_errors: z.array(z.string()),
  }),
  summary: z.object({ resource_count: z.int() }),
});

/** What checkov is called with. It asks nobody on the network, and leaves its exit code to crashes. */
export const checkovCall = {
  program: 'checkov',
  args: [
    ...['--directory', '.', '--framework', 'cloudformation', '--output', 'json'],
    ...['--skip-download', '--skip-results-upload', '--soft-fail'],
  ],
  // Without a newer version to tell of, and without platform settings of whoever runs it.
  env: { CKV_SKIP_PACKAGE_UPDATE_CHECK: 'true', LOG_LEVEL: 'ERROR', BC_API_KEY: undefined, BC_SOURCE: undefined },
};

/**
 * Reads checkov's report. A check that a template itself switches off counts as failed: reasons have one place. Throws
 * when checkov did not look at everything: it leaves out what it cannot read.
 */
export function readCheckov(json: string, templates: readonly JudgedTemplate[]): Verdict {
  const { results, summary } = report.parse(JSON.parse(json));
  const resources = templates.flatMap(({ template }) => Object.keys(template.Resources)).length;
  if (results.parsing_errors.length > 0 || summary.resource_count !== resources) {
    const unread = results.parsing_errors.join(', ') || 'no template named';
    throw new Error(`checkov read ${summary.resource_count} of ${resources} resources: ${unread}`);
  }
  return {
    findings: [
      ...results.failed_checks.map((each) => finding(each, each.check_name)),
      ...results.skipped_checks.map((each) => finding(each, `switched off in the template: ${each.check_name}`)),
    ],
    seen: `${templates.length} templates, ${results.passed_checks.length} checks passed`,
  };
}

function finding({ check_id, file_path, resource }: z.output<typeof record>, message: string): Finding {
  return { tool: 'checkov', file: file_path.replace(/^\//, ''), resource, check: check_id, message };
}
