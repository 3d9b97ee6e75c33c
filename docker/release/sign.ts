import { messageOf } from '../../scripts/errors.ts';
import type { Signer } from './signing.ts';

/** https://github.com/in-toto/attestation/blob/main/spec/v1/envelope.md */
const payloadType = 'application/vnd.in-toto+json';

/** How often a call is repeated when nobody answers or the server is busy, and the longest wait for one answer, in milliseconds. */
const patience = { retry: 2, timeout: 30_000 };

/**
 * Signs an in-toto statement: a certificate of Fulcio for a key that only this call has, and an entry in Rekor's log. Returns the bundle
 * (https://docs.sigstore.dev/about/bundle/) as JSON; the statement is in it. Throws an error that names the service that failed.
 */
export async function sign(statement: string, { sigstore, token }: Signer): Promise<string> {
  // No other verb needs these, and only a checkout with its development dependencies has them.
  const [{ DSSEBundleBuilder, FulcioSigner, RekorWitness }, { bundleToJSON }] = await Promise.all([
    import('@sigstore/sign'),
    import('@sigstore/bundle'),
  ]);
  const { fulcio, rekor } = sigstore;
  const builder = new DSSEBundleBuilder({
    signer: new FulcioSigner({
      ...patience,
      fulcioBaseURL: fulcio,
      identityProvider: { getToken: async () => token },
    }),
    witnesses: [new RekorWitness({ ...patience, rekorBaseURL: rekor })],
  });
  try {
    return JSON.stringify(bundleToJSON(await builder.create({ data: Buffer.from(statement), type: payloadType })));
  } catch (error) {
    throw new Error(`cannot sign: ${whose(error, sigstore)}: ${reasons(error).join(': ')}`, { cause: error });
  }
}

/** The library's errors have a code that names the service. */
function whose(error: unknown, { fulcio, rekor }: Signer['sigstore']): string {
  const code = String((error as { code?: unknown }).code);
  if (code.startsWith('CA_')) return fulcio;
  return code.startsWith('TLOG_') ? rekor : `${fulcio} and ${rekor}`;
}

/** Messages of an error and its causes; the library repeats some in the outer one. */
function reasons(error: unknown): string[] {
  const cause = error instanceof Error ? error.cause : undefined;
  const own = messageOf(error);
  return [own, ...(cause === undefined ? [] : reasons(cause).filter((text) => !own.includes(text)))];
}
