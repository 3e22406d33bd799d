/** How many agents work at once, as a slider; sent when it is let go. */
import { useEffect, useId, useState } from 'react';
import type { SwarmView } from '../../../domain/swarm/swarm.ts';
import { setParallelism } from '../../data/actions.ts';
import { useAction } from '../../parts/action.tsx';

const USUAL_MAX = 16;
/** Key presses and moves of the slider within this time are one wish. */
const SETTLE_MS = 500;

export const Parallelism = ({ view }: { readonly view: SwarmView }) => {
  const id = useId();
  const [wish, setWish] = useState<number>();
  const { mutate } = useAction((wanted: number, key) => setParallelism(view.swarmId, wanted, key));
  useEffect(() => {
    if (wish === undefined) return undefined;
    if (wish === view.parallelism) {
      const timer = setTimeout(() => setWish(undefined), 0);
      return () => clearTimeout(timer);
    }
    const timer = setTimeout(() => mutate(wish), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [mutate, view.parallelism, wish]);
  const value = wish ?? view.parallelism;
  return (
    <div className="field parallelism">
      <label htmlFor={id}>
        Agents at once: <output htmlFor={id}>{value}</output>
      </label>
      <input
        id={id}
        type="range"
        min={1}
        max={Math.max(USUAL_MAX, view.parallelism * 2)}
        value={value}
        onChange={(event) => setWish(Number(event.target.value))}
      />
    </div>
  );
};
