/**
 * Tests with real servers, processes and signals share a machine with whatever else runs there. In continuous
 * integration one that fails is tried a second time; the first failure is printed, so that it can be looked into.
 */
import { jest } from '@jest/globals';

if (process.env.CI !== undefined) jest.retryTimes(1, { logErrorsBeforeRetry: true });
