/** How each part of Drover is: one line when all is well, with details on demand; in full when it is not. */
import type { PartHealth } from '../../data/wire.ts';
import { useHealth } from '../../data/queries.ts';
import { Icon } from '../../parts/icon.tsx';
import { Failure } from '../../parts/states.tsx';
import './health.css';

const NAMES: Readonly<Partial<Record<string, string>>> = {
  temporal: 'Temporal',
  store: 'Store',
  worker: 'Worker',
  api: 'API',
  gateway: 'Gateway',
  disk: 'Disk',
};

const Part = ({ part }: { readonly part: PartHealth }) => (
  <li className={`health-part tone-${part.ok ? 'good' : 'bad'}`}>
    <Icon name={part.ok ? 'check' : 'warning'} />
    <span className="health-name">{NAMES[part.name] ?? part.name}</span>
    <span className="health-detail" title={part.detail}>
      {part.detail}
    </span>
  </li>
);

export const Health = () => {
  const { data, error, refetch } = useHealth();
  if (data === undefined)
    return error === null ? null : <Failure error={error} again={() => void refetch()} />;
  return (
    <ul className="health" aria-label="Health of the services">
      {data.map((part) => (
        <Part key={part.name} part={part} />
      ))}
    </ul>
  );
};
