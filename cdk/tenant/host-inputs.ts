/** Outputs of the data stack that become parameters of the host stack, under the same names. */
export const dataOutputs = [
  'DatabaseAddress',
  'DatabasePort',
  'DatabaseSecurityGroup',
  'DatabaseSchema',
  'DatabaseSecret',
] as const;
