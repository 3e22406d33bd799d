/** What the API answers. */
import express, { type Express } from 'express';

export const createApp = (): Express => {
  const app = express();
  app.disable('x-powered-by');
  app.get('/health', (_request, response) => {
    response.json({ status: 'ok' });
  });
  return app;
};
