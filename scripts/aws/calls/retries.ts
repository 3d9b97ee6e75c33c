/**
 * How patient every client of AWS is; whoever opens one spreads this into its configuration. The SDK repeats what was throttled, what
 * failed in AWS and what got no answer, with exponential back-off and jitter
 * (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html). Without limits a connection that went silent would
 * be waited for without end; these are those of AWS's own tools, for an answer twice theirs
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
