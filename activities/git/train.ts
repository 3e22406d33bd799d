/** The merge train's branch in the hub. It moves by compare-and-swap only. */
import { HUB_RESULT_BRANCH } from '../../domain/names.ts';
import { crashPoint } from '../../store/crash-point.ts';
import { moveRef, openHub } from './hub.ts';

/** Moves the train from `from` to `to`. Repeating it is harmless; finding it anywhere else is a failure. */
export const advanceTrain = async (path: string, from: string, to: string): Promise<void> => {
  const hub = await openHub(path);
  crashPoint('train.before');
  await moveRef(hub, HUB_RESULT_BRANCH, from, to);
  crashPoint('train.after');
};
