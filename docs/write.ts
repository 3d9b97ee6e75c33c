import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFile, functionBundle } from './function-bundle.ts';
import { halfTemplateFiles } from './half-templates.ts';
import { quotasPage } from './quotas.ts';
import { referencePage, schemaFiles } from './reference.ts';

/** `npm run docs`: writes what is generated: the reference of the schemas, the components, and the webhook's function. */
const schemas = join(import.meta.dirname, 'schemas');
mkdirSync(schemas, { recursive: true });
for (const [name, text] of Object.entries(schemaFiles())) writeFileSync(join(schemas, name), text);
writeFileSync(join(import.meta.dirname, 'configuration.md'), referencePage());
writeFileSync(join(import.meta.dirname, 'quotas.md'), quotasPage());

const root = join(import.meta.dirname, '..');
const tenant = readFileSync(join(root, 'ci-templates/tenant.gitlab-ci.yml'), 'utf8');
for (const [name, text] of Object.entries(halfTemplateFiles(tenant)))
  writeFileSync(join(root, 'ci-templates', name), text);
// GitLab's catalog looks for components in templates/ (https://docs.gitlab.com/ci/components/#directory-structure).
mkdirSync(join(root, 'templates'), { recursive: true });
for (const file of readdirSync(join(root, 'ci-templates'))) {
  copyFileSync(join(root, 'ci-templates', file), join(root, 'templates', file.replace('.gitlab-ci.yml', '.yml')));
}

writeFileSync(bundleFile, await functionBundle());
