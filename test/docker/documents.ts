import { Ajv, type ErrorObject } from 'ajv';
import formats from 'ajv-formats';
import type { Bom } from '../../docker/sbom.ts';
import bom from './schemas/bom-1.5.schema.json' with { type: 'json' };
import inToto from './schemas/in-toto.schema.json' with { type: 'json' };
import signatures from './schemas/jsf-0.82.schema.json' with { type: 'json' };
import licences from './schemas/spdx.schema.json' with { type: 'json' };

// CycloneDX describes some values in words that are no keywords.
const ajv = new Ajv({ strict: false, allErrors: true });
formats.default(ajv);
for (const name of ['idn-email', 'iri-reference']) ajv.addFormat(name, true);
// Under the names that the schema has for them in that package.
for (const [name, { $id: _, ...schema }] of Object.entries({ spdx: licences, 'jsf-0.82': signatures }))
  ajv.addSchema(schema, `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
const validateBom = ajv.compile(bom);
const validateStatement = ajv.compile(inToto);

const lines = ({ errors }: { errors?: ErrorObject[] | null }) =>
  (errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);

/** What CycloneDX's schema finds wrong, and dependencies of what is no component. */
export function bomFaults(document: Bom): string[] {
  validateBom(document);
  const refs = new Set([...(document.components ?? []), document.metadata?.component].map((each) => each?.['bom-ref']));
  const named = (document.dependencies ?? []).flatMap(({ ref, dependsOn = [] }) => [ref, ...dependsOn]);
  return [...lines(validateBom), ...named.filter((ref) => !refs.has(ref)).map((ref) => `${ref} is no component`)];
}

/** What in-toto's messages have no place for. */
export function provenanceFaults(document: unknown): string[] {
  validateStatement(document);
  return lines(validateStatement);
}
