import { z } from 'zod';
import { environments } from './environment.ts';

/** Where the file is on an instance. */
export const hostFile = '/etc/vendhost/host.json';

/** Where an instance has the certificates that RDS's are signed with; `packer/base/database-ca.sh` puts them there. */
export const databaseCa = '/etc/vendhost/rds-ca.pem';

const database = z.strictObject({
  secret: z.string().meta({ description: 'Name of the secret with user and password' }),
  address: z.string().meta({ description: 'Host name of the database' }),
  port: z.int().meta({ description: 'Port of the database' }),
  schema: z.string().meta({ description: 'Name of the schema that was created with it' }),
  ca: z
    .string()
    .meta({ description: "File with the certificates that the database's is signed with; TLS is required" }),
});

/**
 * `/etc/vendhost/host.json` on every instance: what a tenant's software may rely on. Keys are added in minor versions; they are
 * removed, or get another meaning, in major ones only.
 */
export const hostFileSchema = z.strictObject({
  tenant: z.string().meta({ description: 'Name of the tenant' }),
  environment: z.enum(environments).meta({ description: 'Environment of this instance' }),
  region: z.string().meta({ description: 'AWS region; an SDK must be given it' }),
  hosts: z.array(z.string()).meta({ description: 'DNS names that are routed here' }),
  port: z.int().min(1).max(65535).meta({ description: 'Port the software listens on' }),
  bucket: z.string().nullable().meta({
    description:
      "Bucket of the tenant's own in this environment; null for a tenant that was last vended before there was one",
  }),
  database: database.nullable().meta({ description: 'MySQL database; null where there is none' }),
});

export type HostFile = z.output<typeof hostFileSchema>;
