/**
 * Encrypts what goes into Temporal's histories: AES-256-GCM under a key that only Drover has. Each payload names its
 * key, so that keys can be replaced while old histories stay readable. What was written before there was a key, and
 * what people send by hand, is read as it is.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { DroverFailure } from '../../domain/failures.ts';

export interface EncryptionKey {
  /** Made from the key: two hosts cannot mean different keys by it. */
  readonly id: string;
  readonly key: Buffer;
}

const CIPHER = 'aes-256-gcm';
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const IV_BYTES = 12;
const TAG_BYTES = 16;
const LENGTH_BYTES = 4;

export const encryptionKey = (key: Buffer): EncryptionKey => ({
  id: createHash('sha256').update('drover key id').update(key).digest('hex').slice(0, 16),
  key,
});

const text = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('utf8');

/** A payload as bytes: the length of its metadata, its metadata as JSON, its data. */
const packed = ({ metadata, data }: Payload): Buffer => {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [
    name,
    Buffer.from(value).toString('base64'),
  ]);
  const head = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, data ?? Buffer.alloc(0)]);
};

const unpacked = (bytes: Buffer): Payload => {
  const length = bytes.readUInt32BE();
  const head = JSON.parse(text(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length))) as Record<
    string,
    string
  >;
  return {
    metadata: Object.fromEntries(
      Object.entries(head).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
    ),
    data: bytes.subarray(LENGTH_BYTES + length),
  };
};

const HINT =
  'set DROVER_ENCRYPTION_KEY (or DROVER_ENCRYPTION_KEY_FILE) to the keys that Drover was started with, the newest first and older ones behind it';

const encrypted = ({ id, key }: EncryptionKey, payload: Payload): Payload => {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv);
  cipher.setAAD(Buffer.from(id));
  const data = Buffer.concat([iv, cipher.update(packed(payload)), cipher.final(), cipher.getAuthTag()]);
  return { metadata: { encoding: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(id) }, data };
};

const decrypted = (keys: readonly EncryptionKey[], payload: Payload): Payload => {
  const id = text(payload.metadata?.[KEY_ID]);
  const found = keys.find((one) => one.id === id);
  if (found === undefined)
    throw new DroverFailure(
      'invalidInput',
      keys.length === 0
        ? 'This history is encrypted, and no key is set'
        : `This history is encrypted with the key ${id.slice(0, 16)}, and only ${keys.map((one) => one.id).join(', ')} are set`,
      { hint: HINT },
    );
  const bytes = Buffer.from(payload.data ?? []);
  try {
    const decipher = createDecipheriv(CIPHER, found.key, bytes.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(id));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const plain = [decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()];
    return unpacked(Buffer.concat(plain));
  } catch (error) {
    throw new DroverFailure('invalidInput', 'A payload of this history was changed or cut', {
      hint: 'it cannot be read; look at who writes to this Temporal server',
      cause: error,
    });
  }
};

/** @param keys the first one encrypts, all decrypt; with none, what is encrypted is an error that says what to do */
export const payloadCodec = (keys: readonly EncryptionKey[]): PayloadCodec => ({
  encode: async (payloads) => {
    const [newest] = keys;
    return newest === undefined ? payloads : payloads.map((payload) => encrypted(newest, payload));
  },
  decode: async (payloads) =>
    payloads.map((payload) =>
      text(payload.metadata?.['encoding']) === ENCODING ? decrypted(keys, payload) : payload,
    ),
});
