/** Amounts of money as tables with bars, and a budget as a bar. */
import type { Budget } from '../data/wire.ts';
import { money } from './format.ts';

export interface Amount {
  readonly name: string;
  readonly usd: number;
}

/** At this share people are warned. */
const NEAR = 0.8;

export const BudgetBar = ({ budget: { limitUsd, spentUsd, reservedUsd } }: { readonly budget: Budget }) => {
  const share = (usd: number): number => (limitUsd === 0 ? 0 : Math.min(1, usd / limitUsd));
  const spent = share(spentUsd);
  return (
    <div
      className="bar"
      role="img"
      aria-label={`${money(spentUsd)} of ${money(limitUsd)} spent, ${money(reservedUsd)} reserved for calls under way`}
    >
      <span className={spent >= NEAR ? 'fill-bad' : 'fill-accent'} style={{ width: `${spent * 100}%` }} />
      <span
        className="fill-reserved"
        style={{ width: `${Math.min(1 - spent, share(reservedUsd)) * 100}%` }}
      />
    </div>
  );
};

/** Of a column of bars. */
export const ShareHead = () => (
  <th scope="col" className="share">
    <span className="unseen">Share</span>
  </th>
);

/** Largest first, each with its share as a bar. */
export const CostTable = ({
  amounts,
  head,
  link,
}: {
  readonly amounts: readonly Amount[];
  readonly head: string;
  readonly link?: (name: string) => React.ReactNode;
}) => {
  const largest = Math.max(0, ...amounts.map((amount) => amount.usd));
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{head}</th>
          <ShareHead />
          <th scope="col" className="number">
            Cost
          </th>
        </tr>
      </thead>
      <tbody>
        {amounts.map(({ name, usd }) => (
          <tr key={name}>
            <td className="wrap">{link?.(name) ?? name}</td>
            <td className="share">
              <div className="bar">
                <span
                  className="fill-accent"
                  style={{ width: `${largest === 0 ? 0 : (usd / largest) * 100}%` }}
                />
              </div>
            </td>
            <td className="number">{money(usd)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};
