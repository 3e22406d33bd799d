/** Encryption of histories: what goes in comes out under the right key, and under no other. */
import { expect, test } from '@jest/globals';
import type { Payload } from '@temporalio/common';
import fc from 'fast-check';
import { encryptionOf } from '../../workers/temporal/encryption.ts';

const KEY = Buffer.alloc(32, 1).toString('base64');
const OTHER = Buffer.alloc(32, 2).toString('base64');

const plain = (text: string): Payload => ({
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from(JSON.stringify(text)),
});
const codecOf = (keys: string) => encryptionOf({ DROVER_ENCRYPTION_KEY: keys }).codec;
const bytes = ({ data }: Payload): Buffer => Buffer.from(data ?? []);

test('any payload comes out as it went in, and cannot be read in between', () =>
  fc.assert(
    fc.asyncProperty(
      fc.dictionary(fc.string(), fc.uint8Array()),
      fc.uint8Array({ minLength: 8 }),
      async (metadata, data) => {
        const codec = codecOf(KEY);
        const [sealed] = await codec.encode([{ metadata, data }]);
        expect(bytes(sealed!).includes(Buffer.from(data))).toBe(false);
        const [opened] = await codec.decode([sealed!]);
        expect(bytes(opened!).equals(Buffer.from(data))).toBe(true);
        expect(
          Object.entries(opened?.metadata ?? {}).map(([name, value]) => [name, Buffer.from(value)]),
        ).toEqual(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value)]));
      },
    ),
    { numRuns: 100 },
  ));

test('an older key still reads; the newest one writes', async () => {
  const [old] = await codecOf(OTHER).encode([plain('a secret')]);
  const both = codecOf(`${KEY},${OTHER}`);
  const [read] = await both.decode([old!]);
  expect(bytes(read!).toString()).toBe('"a secret"');
  const [fresh] = await both.encode([plain('x')]);
  await expect(codecOf(OTHER).decode([fresh!])).rejects.toMatchObject({
    type: 'invalidInput',
    hint: expect.stringContaining('DROVER_ENCRYPTION_KEY'),
  });
  expect(await codecOf(KEY).decode([fresh!])).toHaveLength(1);
});

test('without a key nothing changes, and what is encrypted is an error that says what to do', async () => {
  const { codec, on } = encryptionOf({});
  expect(on).toBe(false);
  const [payload] = await codec.encode([plain('x')]);
  expect(payload).toEqual(plain('x'));
  expect(await codecOf(KEY).decode([plain('by hand')])).toEqual([plain('by hand')]);
  const sealed = await codecOf(KEY).encode([plain('x')]);
  await expect(codec.decode(sealed)).rejects.toMatchObject({
    message: 'This history is encrypted, and no key is set',
    hint: expect.stringContaining('DROVER_ENCRYPTION_KEY'),
  });
});

test('a payload that was changed anywhere is refused', async () => {
  const codec = codecOf(KEY);
  const [sealed] = await codec.encode([plain('x')]);
  const length = bytes(sealed!).length;
  for (const index of [0, 12, length - 17, length - 1]) {
    const data = bytes(sealed!);
    data[index] = (data[index] ?? 0) ^ 1;
    await expect(codec.decode([{ ...sealed!, data }])).rejects.toMatchObject({ type: 'invalidInput' });
  }
  for (const data of [Buffer.alloc(0), bytes(sealed!).subarray(0, 20)])
    await expect(codec.decode([{ ...sealed!, data }])).rejects.toMatchObject({ type: 'invalidInput' });
});

test.each(['short', `${KEY}x`, `${KEY} nonsense`])(
  '"%s" is no key, and the error does not show it',
  (text) => {
    expect(() => encryptionOf({ DROVER_ENCRYPTION_KEY: text })).toThrow(
      'DROVER_ENCRYPTION_KEY must hold keys of 32 bytes as base64',
    );
  },
);
