/** Which address shows which page. Pages are loaded when they are first opened. */
import { createBrowserRouter } from 'react-router';
import { Lost, Broken } from './shell/lost.tsx';
import { Shell } from './shell/shell.tsx';

export const makeRouter = () =>
  createBrowserRouter([
    {
      Component: Shell,
      ErrorBoundary: Broken,
      HydrateFallback: () => null,
      children: [
        {
          ErrorBoundary: Broken,
          children: [
            {
              index: true,
              lazy: async () => ({ Component: (await import('./pages/overview/overview.tsx')).OverviewPage }),
            },
            {
              path: 'history',
              lazy: async () => ({ Component: (await import('./pages/history.tsx')).HistoryPage }),
            },
            { path: '*', Component: Lost },
          ],
        },
      ],
    },
  ]);
