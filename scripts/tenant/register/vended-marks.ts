import { ConditionalObjects } from '../../aws/objects.ts';
import type { Aws } from '../../aws/session.ts';
import { keys } from '../../config/names.ts';
import { vendedMarkSchema } from '../../config/stored.ts';

/**
 * Records that a tenant's vend is complete, and from what: an object named by tenant and vend key. It is removed before a vend changes
 * anything, and written when all is done, in GitLab too. So a vend that died anywhere leaves none.
 */
export class VendedMarks {
  readonly #objects: ConditionalObjects<{ at: string }>;

  constructor(aws: Aws, bucket: string) {
    this.#objects = new ConditionalObjects(aws, bucket, vendedMarkSchema);
  }

  /** The keys of all tenants' marks, by tenant; reads all pages. */
  async list(): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    for (const name of await this.#objects.listAll(keys.vendedMarks)) {
      const [, tenant = '', key = ''] = /^([^/]+)\/([^/]+)\.json$/.exec(name) ?? [];
      if (tenant !== '') found.set(tenant, [...(found.get(tenant) ?? []), key]);
    }
    return found;
  }

  /** Removes a tenant's marks: before a vend or a retirement changes anything. */
  async clear(tenant: string): Promise<void> {
    const folder = `${keys.vendedMarks}${tenant}/`;
    for (const name of await this.#objects.list(folder)) {
      const stored = await this.#objects.read(`${folder}${name}`);
      if (stored !== undefined) await this.#objects.remove(`${folder}${name}`, stored.etag);
    }
  }

  /** @param at ISO 8601 */
  async set(tenant: string, key: string, at: string): Promise<void> {
    await this.#objects.create(keys.vendedMark(tenant, key), { at });
  }
}
