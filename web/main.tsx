/** Entry of the dashboard in the browser. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { RouterProvider } from 'react-router/dom';
import { ApiProblem } from './data/problem.ts';
import { makeRouter } from './routes.tsx';
import { applyTheme } from './shell/theme.ts';
import './style/tokens.css';
import './style/base.css';
import './style/parts.css';
import './style/shell.css';

applyTheme();

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // What the API refuses is not asked for again; what did not get through is.
      retry: (failures, error) =>
        failures < 3 && !(error instanceof ApiProblem && error.status < 500 && error.status !== 429),
      retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 5_000),
      refetchOnWindowFocus: true,
      // The API is on this machine as a rule: the browser's idea of being online says nothing about it.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

const root = document.getElementById('root');
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={client}>
        <RouterProvider router={makeRouter()} />
      </QueryClientProvider>
    </StrictMode>,
  );
