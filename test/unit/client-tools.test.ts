import { expect, test } from '@jest/globals';
import { openai } from '../../domain/models/openai.ts';

const read = (tools: readonly object[]) =>
  openai.read({ model: 'gpt-5.4', tools, input: [] }, { kind: 'answer' }, { bytes: 1_000, text: '' });

const claimFile = { type: 'function', name: 'claim_file', parameters: { type: 'object' } };

test('tools of an MCP server that the client itself speaks to have no price of their own', () => {
  expect(read([{ type: 'namespace', name: 'mcp__drover', tools: [claimFile] }])).toMatchObject({
    model: 'gpt-5.4',
  });
});

test('a tool of the provider is refused, also inside of a namespace', () => {
  for (const tool of [
    { type: 'web_search' },
    { type: 'mcp', server_url: 'https://example.org' },
    { type: 'namespace', name: 'mixed', tools: [claimFile, { type: 'web_search' }] },
    { type: 'namespace', name: 'nested', tools: [{ type: 'namespace', tools: [claimFile] }] },
  ])
    expect(read([tool])).toContain('has a price of its own');
});
