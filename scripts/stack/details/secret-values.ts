const secretName = /(pass(word|wd|phrase)|secret|token|credential|private_?key|api_?key|access_?key)/i;

/** Names like `SecretArn` and `KmsKeyId` say which secret it is, not what is in it. */
const namesOne = /(arn|id|name|length|version|label|stage|type|required|tokens)$/i;

/**
 * In text like user data: `DB_PASSWORD=…`, `"token": "…"`. What begins with `$` or `{{` is a reference to a value; after a colon it is a
 * part of an ARN or of a reference.
 */
const assignment = new RegExp(
  `(?<![:\\w-])(["']?)([\\w-]*${secretName.source}[\\w-]*)\\1(\\s*[=:]\\s*)("(?!\\$|\\{\\{)[^"\\n]*"|'(?!\\$|\\{\\{)[^'\\n]*'|(?!["'$]|\\{\\{)[^\\s"'&;,]+)`,
  'gi',
);

/** Secrets that can be told by their form: keys of AWS, tokens of GitLab, private keys. */
const forms = [
  /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /\bgl[a-z]{2,5}-[\w-]{20,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
];

export const mask = '[masked]';

/** Whether a property, a parameter or a variable of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return secretName.test(name) && !namesOne.test(name);
}

/**
 * A value of a template as anybody may see it: without what looks secret by its name or its form. References (`{{resolve:…}}`,
 * `${…}`) are no secrets, and nobody resolves them.
 */
export function withoutSecrets(name: string, text: string): string {
  if (isSecretName(name) && !/^(\{\{resolve:|\$\{)/.test(text)) return mask;
  const unassigned = text.replaceAll(
    assignment,
    (whole: string, quote: string, variable: string, ...rest: string[]) => {
      // Two groups of `secretName` come before the separator and the value.
      const [, , separator = '', value = ''] = rest;
      if (!isSecretName(variable)) return whole;
      const around = /^["']/.exec(value)?.[0] ?? '';
      return `${quote}${variable}${quote}${separator}${around}${mask}${around}`;
    },
  );
  return forms.reduce((shown, form) => shown.replaceAll(form, mask), unassigned);
}
