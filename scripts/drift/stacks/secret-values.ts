import { parse } from 'yaml';
import type { Aws } from '../../aws/session.ts';
import type { FoundStack } from './find-stacks.ts';

/** Whether the value of a property must not be shown. */
export type IsSecret = (logicalId: string, path: string) => boolean;

const telling = /pass(word|phrase)|secret|token|private_?key|credential/i;
/** Names of where a secret is, not the secret. */
const harmless = /(arn|name|id|prefix|arns|ids)$/i;

/** A value that is secret by the name of its property. */
export function isSecretName(path: string): boolean {
  return path.split('/').some((part) => telling.test(part) && !harmless.test(part));
}

/**
 * Which values of a stack are secret: by the names of properties, and by the template, those made of parameters that
 * CloudFormation does not show (`NoEcho`). A template that cannot be understood makes all of the stack's values secret.
 */
export async function readSecrets(aws: Aws, stack: FoundStack): Promise<IsSecret> {
  if (!stack.hasSecrets) return (_, path) => isSecretName(path);
  const { GetTemplateCommand } = await import('@aws-sdk/client-cloudformation');
  const { TemplateBody = '' } = await (await aws.cloudFormation()).send(
    new GetTemplateCommand({ StackName: stack.id }),
  );
  const secret = secretProperties(TemplateBody);
  return (logicalId, path) =>
    secret === undefined || isSecretName(path) || secret.has(`${logicalId}/${path.split('/')[1] ?? ''}`);
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
