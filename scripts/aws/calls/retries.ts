/**
 * How patient every AWS client is; every client's configuration includes this. The SDK retries what was throttled, what
 * failed in AWS and what got no response, with exponential back-off and jitter
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html). Without limits a silent connection would
 * be waited for without end; these are the limits of AWS's own tools, and twice theirs for a response
 * (https://botocore.amazonaws.com/v1/documentation/api/latest/reference/config.html). In milliseconds.
 */
export const awsPatience = {
  maxAttempts: 5,
  requestHandler: {
    connectionTimeout: 60_000,
    /** Longest time without a byte in either direction: an upload may take longer. */
    socketTimeout: 120_000,
  },
} as const;
