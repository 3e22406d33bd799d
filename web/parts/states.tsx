/** What a page shows when there is nothing (yet): loading, empty, failed. And one place that chooses between them. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiProblem, explain } from '../data/problem.ts';
import { useReach } from '../data/reach.ts';
import { Icon, type IconName } from './icon.tsx';
import type { Tone } from './tones.ts';

export const Loading = ({ lines = 3 }: { readonly lines?: number }) => (
  <div className="stack" role="status" aria-label="Loading">
    {Array.from({ length: lines }, (_, line) => (
      <div className="skeleton" key={line} style={{ width: `${90 - ((line * 23) % 50)}%` }} />
    ))}
  </div>
);

export const Empty = ({
  title,
  children,
  icon = 'info',
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly icon?: IconName;
}) => (
  <div className="blank">
    <Icon name={icon} />
    <strong>{title}</strong>
    {children !== undefined && <div>{children}</div>}
  </div>
);

const NOTICE_ICONS: Readonly<Record<Tone, IconName>> = {
  idle: 'info',
  busy: 'info',
  good: 'check',
  bad: 'warning',
  ask: 'question',
  halt: 'stop',
};

export const Notice = ({
  tone,
  children,
  aside,
}: {
  readonly tone: Tone;
  readonly children: ReactNode;
  readonly aside?: ReactNode;
}) => (
  <div className={`notice tone-${tone}`}>
    <Icon name={NOTICE_ICONS[tone]} />
    <div>{children}</div>
    {aside}
  </div>
);

/** What went wrong, why, and what to do about it. That nobody is signed in is said once, by the banner of the shell. */
export const Failure = ({ error, again }: { readonly error: unknown; readonly again?: () => void }) => {
  const signedOut = useReach().kind === 'signed_out';
  if (signedOut && error instanceof ApiProblem && error.status === 401) return null;
  const { message, hint } = explain(error);
  return (
    <div role="alert">
      <Notice
        tone="bad"
        aside={
          again && (
            <button type="button" className="button slim" onClick={again}>
              Try again
            </button>
          )
        }
      >
        <strong>{message}</strong>
        {hint !== '' && <p>{hint}</p>}
      </Notice>
    </div>
  );
};

/**
 * Shows the data of a query, or why there is none. Data that is there stays on the screen while the next try
 * fails: the banner of the shell says that it is old.
 */
export const Loaded = <T,>({
  query,
  children,
  lines,
}: {
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
  readonly lines?: number;
}) => {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null) return <Failure error={query.error} again={() => void query.refetch()} />;
  return lines === undefined ? <Loading /> : <Loading lines={lines} />;
};
