/** What a team has besides its goal: the template that proposes its members, and who approves their plans. */
import { useDeferredValue, useId } from 'react';
import { useTeamTemplates } from '../../data/queries.ts';

export interface TeamWish {
  readonly template: string;
  /** Empty: as the template says. */
  readonly approval: '' | 'lead' | 'person';
}

const APPROVALS = [
  ['', 'as the template says'],
  ['lead', 'the lead'],
  ['person', 'the lead, then you'],
] as const;

export const TeamFields = ({
  repository,
  wish,
  set,
}: {
  readonly repository: string;
  readonly wish: TeamWish;
  readonly set: (wish: TeamWish) => void;
}) => {
  const id = useId();
  // Not asked for at every key, and only for what may be a path.
  const path = useDeferredValue(repository.trim());
  const own = useTeamTemplates(path.startsWith('/') ? path : '');
  const usual = useTeamTemplates('');
  const templates = own.data ?? usual.data ?? [];
  const chosen = templates.find(({ name }) => name === wish.template);
  return (
    <div className="form-group">
      <div className="field">
        <label htmlFor={`${id}-template`}>Template</label>
        <select
          id={`${id}-template`}
          className="input"
          value={wish.template}
          onChange={(event) => set({ ...wish, template: event.target.value })}
        >
          <option value="">the lead chooses its members</option>
          {templates.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        {chosen !== undefined && (
          <span className="help wrap">
            {chosen.description}: {chosen.members.map(({ name }) => name).join(', ')}
          </span>
        )}
      </div>
      <div className="field">
        <label htmlFor={`${id}-approval`}>Plans of members are approved by</label>
        <select
          id={`${id}-approval`}
          className="input"
          value={wish.approval}
          onChange={(event) =>
            set({
              ...wish,
              approval: APPROVALS.find(([value]) => value === event.target.value)?.[0] ?? '',
            })
          }
        >
          {APPROVALS.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
};
