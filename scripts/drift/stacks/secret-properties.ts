import { parse } from 'yaml';
import type { Aws } from '../../aws/session.ts';
import { isSecretName, mask, withoutSecrets } from '../../stack/details/secret-values.ts';
import type { FoundStack } from './find-stacks.ts';

/** Whether the value of a property must not be shown. */
export type IsSecret = (logicalId: string, path: string) => boolean;

/** A value that is secret by the names on its path. */
export function isSecretPath(path: string): boolean {
  return path.split('/').some(isSecretName);
}

/**
 * A value as everybody may see it. CloudFormation writes what was added or taken away as one value, with names of its own in it.
 */
export function valueToShow(path: string, value: string): string {
  return withoutSecrets(path.split('/').at(-1) ?? '', withoutSecretPairs(value));
}

/** `{"Key": "DB_PASSWORD", "Value": "…"}`, as in lists of tags, variables and attributes. */
function withoutSecretPairs(value: string): string {
  if (!/^\s*[[{]/.test(value)) return value;
  try {
    let isChanged = false;
    const shown: unknown = JSON.parse(value, (_, each) => {
      const name: unknown = each?.Key ?? each?.Name;
      if (typeof name !== 'string' || each.Value === undefined || !isSecretName(name)) return each;
      isChanged = true;
      return { ...each, Value: mask };
    });
    return isChanged ? JSON.stringify(shown) : value;
  } catch {
    return value;
  }
}

/**
 * Which values of a stack are secret: by the names of properties, and by the template, those made of parameters that
 * CloudFormation does not show (`NoEcho`). A template that cannot be understood makes all of the stack's values secret.
 */
export async function readSecrets(aws: Aws, stack: FoundStack): Promise<IsSecret> {
  if (!stack.hasSecrets) return (_, path) => isSecretPath(path);
  const { GetTemplateCommand } = await import('@aws-sdk/client-cloudformation');
  const { TemplateBody = '' } = await (await aws.cloudFormation()).send(
    new GetTemplateCommand({ StackName: stack.id }),
  );
  const secret = secretProperties(TemplateBody);
  return (logicalId, path) =>
    secret === undefined || isSecretPath(path) || secret.has(`${logicalId}/${path.split('/')[1] ?? ''}`);
}

interface TemplateParts {
  readonly Parameters?: Readonly<Record<string, { readonly NoEcho?: unknown }>>;
  readonly Resources?: Readonly<Record<string, { readonly Properties?: Readonly<Record<string, unknown>> }>>;
}

/** `<logical id>/<property>` of every property made of a secret parameter; `undefined` for a template in another form. */
export function secretProperties(body: string): ReadonlySet<string> | undefined {
  const { Parameters = {}, Resources = {} } = templateIn(body) ?? {};
  const secrets = Object.entries(Parameters).filter(([, { NoEcho }]) => String(NoEcho) === 'true');
  if (secrets.length === 0) return undefined;
  const found = Object.entries(Resources).flatMap(([logicalId, { Properties = {} }]) =>
    Object.entries(Properties)
      .filter(([, value]) => {
        const text = JSON.stringify(value);
        // In Ref, in Fn::Sub and in conditions of Fn::If alike.
        return secrets.some(([name]) => new RegExp(`(?<![A-Za-z0-9])${name}(?![A-Za-z0-9])`).test(text));
      })
      .map(([property]) => `${logicalId}/${property}`),
  );
  return new Set(found);
}

function templateIn(body: string): TemplateParts | undefined {
  try {
    return parse(body, { logLevel: 'silent' }) as TemplateParts;
  } catch {
    return undefined;
  }
}
