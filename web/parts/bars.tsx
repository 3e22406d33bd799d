/** Amounts of money as charts. Loaded only where one is shown: the library is large. */
import { Bar, BarChart, CartesianGrid, Tooltip, XAxis, YAxis, ResponsiveContainer } from 'recharts';
import type { Amount } from './amounts.tsx';
import { money } from './format.ts';

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
