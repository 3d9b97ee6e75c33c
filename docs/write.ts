import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { referencePage, schemaFiles } from './reference.ts';

/** `npm run docs`: writes the parts of the documentation that are generated from the schemas. */
const schemas = join(import.meta.dirname, 'schemas');
mkdirSync(schemas, { recursive: true });
for (const [name, text] of Object.entries(schemaFiles())) writeFileSync(join(schemas, name), text);
writeFileSync(join(import.meta.dirname, 'configuration.md'), referencePage());
