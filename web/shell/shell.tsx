/** The frame around all pages: navigation, theme, what the services are up to, and the banner when they are not. */
import { useEffect, useRef, useState } from 'react';
import { NavLink, Outlet, ScrollRestoration, useLocation, useNavigation } from 'react-router';
import { useReach } from '../data/reach.ts';
import { useSwarms } from '../data/queries.ts';
import { Icon, type IconName } from '../parts/icon.tsx';
import { Notice } from '../parts/states.tsx';
import { Ago } from '../parts/time.tsx';
import { Toasts } from '../parts/toasts.tsx';
import { nextTheme, setTheme, useTheme } from './theme.ts';

const PAGES: readonly { readonly to: string; readonly icon: IconName; readonly name: string }[] = [
  { to: '/', icon: 'overview', name: 'Overview' },
  { to: '/manager', icon: 'manager', name: 'General Manager' },
  { to: '/teams', icon: 'teams', name: 'Teams' },
  { to: '/backlog', icon: 'plan', name: 'Backlog' },
  { to: '/agents', icon: 'agents', name: 'Agents' },
  { to: '/history', icon: 'history', name: 'History' },
  { to: '/logs', icon: 'logs', name: 'Logs' },
  { to: '/control', icon: 'control', name: 'Control' },
  { to: '/costs', icon: 'costs', name: 'Costs' },
];

const Banner = () => {
  const reach = useReach();
  if (reach.kind === 'reached') return null;
  return (
    <div className="banner" role="alert">
      {reach.kind === 'signed_out' ? (
        <Notice tone="ask">
          <strong>This browser is not signed in.</strong> Run <code>drover up</code>, which prints a link that
          signs it in.
        </Notice>
      ) : (
        <Notice tone="bad">
          <strong>Drover does not answer</strong> since <Ago at={new Date(reach.since).toISOString()} />. What
          you see is from before; this page goes on by itself as soon as it does.
        </Notice>
      )}
    </div>
  );
};

const Waiting = () => {
  const waiting = useSwarms().data?.filter((swarm) => swarm.awaitingDecision).length ?? 0;
  if (waiting === 0) return null;
  return (
    <span className="count ask" title={`${waiting} waiting for a person`}>
      {waiting}
      <span className="unseen"> waiting for a person</span>
    </span>
  );
};

export const Shell = () => {
  const [open, setOpen] = useState(false);
  const theme = useTheme();
  const busy = useNavigation().state !== 'idle';
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const shown = useRef(pathname);
  // The link that was followed may be gone with its page: the Tab key goes on in the new one. The first page begins
  // at its beginning, with the link that skips the navigation.
  useEffect(() => {
    if (shown.current === pathname) return;
    shown.current = pathname;
    if (document.activeElement === document.body) main.current?.focus({ preventScroll: true });
  }, [pathname]);
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className={open ? 'sidebar open' : 'sidebar'}>
        <NavLink to="/" className="brand">
          <img src="/favicon.svg" alt="" />
          Drover
        </NavLink>
        <button
          type="button"
          className="button quiet menu-button"
          aria-expanded={open}
          aria-controls="navigation"
          onClick={() => setOpen(!open)}
        >
          <Icon name={open ? 'cross' : 'menu'} />
          <span className="unseen">Menu</span>
        </button>
        <nav className="nav" id="navigation" aria-label="Pages">
          {PAGES.map(({ to, icon, name }) => (
            <NavLink key={to} to={to} end={to === '/'} onClick={() => setOpen(false)}>
              <Icon name={icon} />
              {name}
              {to === '/' && <Waiting />}
            </NavLink>
          ))}
        </nav>
        <div className="sidebar-foot">
          <button type="button" className="button quiet slim" onClick={() => setTheme(nextTheme(theme))}>
            <Icon name="sun" />
            Theme: {theme}
          </button>
        </div>
      </header>
      <Banner />
      <main id="main" className="main" tabIndex={-1} aria-busy={busy} ref={main}>
        <Outlet />
      </main>
      <Toasts />
      <ScrollRestoration />
    </div>
  );
};
