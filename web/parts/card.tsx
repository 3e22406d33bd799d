/** A titled box. `asks` marks one that waits for a person. */
import type { ReactNode } from 'react';

interface CardProps {
  readonly title?: ReactNode;
  /** Beside the title: badges, buttons. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  /** Without padding, for tables and logs. */
  readonly flush?: boolean;
  readonly asks?: boolean;
  readonly level?: 2 | 3;
  readonly id?: string;
}

export const Card = ({ title, aside, children, flush = false, asks = false, level = 2, id }: CardProps) => {
  const Heading = level === 2 ? 'h2' : 'h3';
  return (
    <section className={asks ? 'card asks' : 'card'} id={id}>
      {(title !== undefined || aside !== undefined) && (
        <div className="card-head">
          {title !== undefined && <Heading>{title}</Heading>}
          {aside}
        </div>
      )}
      <div className={flush ? 'card-body flush scroll-x' : 'card-body'}>{children}</div>
    </section>
  );
};

/** Figures side by side, each with its name under it. */
export const Figures = ({
  values,
}: {
  readonly values: readonly { readonly name: string; readonly value: ReactNode }[];
}) => (
  <div className="figures">
    {values.map(({ name, value }) => (
      <div className="figure" key={name}>
        <div className="value">{value}</div>
        <div className="name">{name}</div>
      </div>
    ))}
  </div>
);

export const Facts = ({
  values,
}: {
  readonly values: readonly { readonly name: string; readonly value: ReactNode }[];
}) => (
  <dl className="facts">
    {values.map(({ name, value }) => [<dt key={`${name}:`}>{name}</dt>, <dd key={name}>{value}</dd>])}
  </dl>
);
