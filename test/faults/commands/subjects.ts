import type { Subject } from '../world.ts';
import { revisionPush } from './revision-push.ts';

/** Every command that writes. */
export const subjects: readonly Subject[] = [revisionPush];
