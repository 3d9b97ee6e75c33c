import type { DriftCheck } from '../../checks.ts';
import { hostOf } from '../hosts/host-of.ts';
import { checkSection, howMany, orNotChecked } from '../section.ts';
import { forEachTenant } from '../tenants.ts';
import { findImages } from './find-images.ts';
import { readImages, type UsedImage } from './read-images.ts';

const check = { id: 'images', title: 'Images' };

/** The image that each tenant's new instances start from, beside its bakes and its base image. */
export const imageCheck: DriftCheck = {
  ...check,
  async run(context) {
    const used: UsedImage[] = [];
    const notRead = await forEachTenant(context, (place) =>
      orNotChecked(context, place.tenant, async () => {
        const inUse = (await hostOf(context, place.tenant))?.starting?.image;
        if (inUse !== undefined) used.push({ place, inUse });
        return [];
      }),
    );
    const now = new Date();
    const images = await readImages(context.aws, used);
    const found = images.flatMap((facts) => findImages(facts, now));
    return [checkSection(context, { ...check, count: howMany(images.length, 'image') }, [...found, ...notRead.flat()])];
  },
};
