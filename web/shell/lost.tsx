/** Pages for an address that does not exist and for a page that broke. */
import { Link, useRouteError } from 'react-router';
import { Empty, Failure } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';

export const Lost = () => {
  useTitle('Not found');
  return (
    <div className="page">
      <h1>There is no such page</h1>
      <Empty title="Nothing is at this address">
        <Link to="/">Overview</Link>
      </Empty>
    </div>
  );
};

export const Broken = () => (
  <div className="page">
    <h1>This page broke</h1>
    <Failure error={useRouteError()} again={() => location.reload()} />
  </div>
);
