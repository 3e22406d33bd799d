/** Pages for an address that does not exist and for a page that broke. */
import { useEffect } from 'react';
import { Link, useRouteError } from 'react-router';
import { Unreachable } from '../data/problem.ts';
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

/** What browsers and Vite say when a part of the dashboard does not come: nobody answers, or another build does. */
const NOT_LOADED = /dynamically imported module|Importing a module script failed|Unable to preload/i;
const POLL_MS = 2_000;

/** Loads the page as soon as the API answers: its index names the parts that are there now. */
const NotLoaded = () => {
  useEffect(() => {
    const timer = setInterval(() => {
      // What answers with an error answers all the same; only a page that is there is worth a new start.
      void fetch('/favicon.svg', { cache: 'no-store' }).then(
        ({ ok }) => ok && location.reload(),
        () => {},
      );
    }, POLL_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <div className="page">
      <h1>This page is not loaded yet</h1>
      <Failure error={new Unreachable('a part of the dashboard')} again={() => location.reload()} />
    </div>
  );
};

export const Broken = () => {
  const error = useRouteError();
  if (error instanceof Error && NOT_LOADED.test(error.message)) return <NotLoaded />;
  return (
    <div className="page">
      <h1>This page broke</h1>
      <Failure error={error} again={() => location.reload()} />
    </div>
  );
};
