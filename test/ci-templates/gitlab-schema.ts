import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import schema from './gitlab-ci.schema.json' with { type: 'json' };

const ajv = new Ajv({ strict: false, allErrors: true });
formats.default(ajv);
// Where GitLab wants an address it takes a variable too, as the pattern beside the format says.
ajv.addFormat('uri', (text) => text.startsWith('$') || URL.canParse(text));
const validate = ajv.compile(schema);

/** What GitLab's schema for editors finds wrong with a pipeline, or with the header of a template; empty when valid. */
export function schemaFaults(document: unknown): string[] {
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
