/** Amounts as bars. A table beside or below says the same in numbers. */
import { Bar, BarChart, CartesianGrid, Tooltip, XAxis, YAxis, ResponsiveContainer } from 'recharts';
import { money } from './format.ts';

export interface Amount {
  readonly name: string;
  readonly usd: number;
}

const TICK = { fill: 'var(--muted)', fontSize: 12 };
const TOOLTIP = {
  background: 'var(--surface)',
  border: '1px solid var(--line)',
  borderRadius: 6,
  color: 'var(--text)',
};

const HEIGHT = 220;

/** Over time, from left to right. */
export const CostBars = ({
  amounts,
  label,
}: {
  readonly amounts: readonly Amount[];
  readonly label: string;
}) => (
  <figure aria-label={label} className="chart">
    <ResponsiveContainer width="100%" height={HEIGHT}>
      <BarChart
        data={[...amounts]}
        margin={{ top: 8, right: 8, bottom: 0, left: 0 }}
        accessibilityLayer={false}
      >
        <CartesianGrid stroke="var(--line)" vertical={false} />
        <XAxis dataKey="name" tick={TICK} stroke="var(--line-strong)" minTickGap={12} />
        <YAxis
          tick={TICK}
          stroke="var(--line-strong)"
          width={64}
          tickFormatter={(value: number) => money(value)}
        />
        <Tooltip
          formatter={(value) => [money(Number(value)), 'cost']}
          contentStyle={TOOLTIP}
          itemStyle={{ color: 'var(--text)' }}
          cursor={{ fill: 'var(--hover)' }}
        />
        <Bar
          dataKey="usd"
          fill="var(--accent)"
          radius={[3, 3, 0, 0]}
          isAnimationActive={false}
          maxBarSize={48}
        />
      </BarChart>
    </ResponsiveContainer>
  </figure>
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
          <th scope="col" className="share">
            <span className="unseen">Share</span>
          </th>
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
