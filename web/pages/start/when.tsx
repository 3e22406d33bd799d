/** When it starts: now, or at set times under a name. */
import { useId } from 'react';

export interface Times {
  readonly scheduled: boolean;
  readonly name: string;
  readonly cron: string;
}

/** The browser's own zone: times are meant as its clock shows them. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export const When = ({ times, set }: { readonly times: Times; readonly set: (times: Times) => void }) => {
  const id = useId();
  return (
    <div className="stack">
      <fieldset className="segments">
        <legend className="unseen">When</legend>
        {([false, true] as const).map((scheduled) => (
          <label key={String(scheduled)}>
            <input
              type="radio"
              name={`${id}-when`}
              checked={times.scheduled === scheduled}
              onChange={() => set({ ...times, scheduled })}
            />
            {scheduled ? 'At set times' : 'Now'}
          </label>
        ))}
      </fieldset>
      {times.scheduled && (
        <div className="form-group">
          <div className="field">
            <label htmlFor={`${id}-name`}>Name of the schedule</label>
            <input
              id={`${id}-name`}
              className="input mono"
              placeholder="nightly"
              pattern="[a-z0-9][a-z0-9\-]{0,35}"
              title="Small letters, digits and hyphens"
              required
              value={times.name}
              onChange={(event) => set({ ...times, name: event.target.value })}
            />
          </div>
          <div className="field">
            <label htmlFor={`${id}-cron`}>Times, as cron has them</label>
            <input
              id={`${id}-cron`}
              className="input mono"
              placeholder="0 3 * * 1-5"
              required
              value={times.cron}
              onChange={(event) => set({ ...times, cron: event.target.value })}
            />
            <span className="help">Minute, hour, day, month, weekday; in {ZONE}</span>
          </div>
        </div>
      )}
    </div>
  );
};
