/** Whether a page is shown in two columns, for what has another place in one: order by style alone is not that of the Tab key. */
import { useSyncExternalStore } from 'react';

/** As `.split` in parts.css. */
const twoColumns = matchMedia('(min-width: 1100px)');

const subscribe = (listener: () => void): (() => void) => {
  twoColumns.addEventListener('change', listener);
  return () => twoColumns.removeEventListener('change', listener);
};

export const useWide = (): boolean => useSyncExternalStore(subscribe, () => twoColumns.matches);
