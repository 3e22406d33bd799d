/** The places of a plan's tasks, computed anew only when tasks or dependencies change. */
import { useEffect, useMemo, useState } from 'react';
import type { Outline, Place } from './arrange.ts';

/** @returns undefined while they are computed for the first time; the old ones while they change */
export const usePlaces = (tasks: readonly Outline[]): ReadonlyMap<string, Place> | undefined => {
  const shape = useMemo(() => JSON.stringify(tasks.map(({ id, dependsOn }) => ({ id, dependsOn }))), [tasks]);
  const [places, setPlaces] = useState<ReadonlyMap<string, Place>>();
  useEffect(() => {
    const worker = new Worker(new URL('./arrange.worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<readonly Place[]>) =>
      setPlaces(new Map(data.map((place) => [place.id, place]))),
    );
    worker.postMessage(JSON.parse(shape));
    return () => worker.terminate();
  }, [shape]);
  return places;
};
