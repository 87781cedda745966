// PostgreSQL's wire protocol, version 3, as far as a server without a network needs it.

const CANCEL_REQUEST = 80877102;
const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;

/** The client has closed its connection, in whatever way. */
export class Gone extends Error {}

/** One message: its type's letter, the length of the rest, the rest. */
function message(type, ...parts) {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function int32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export const authenticated = () => message('R', int32(0));
export const setting = (name, value) => message('S', `${name}\0${value}\0`);
export const ready = () => message('Z', 'I');

// no client can cancel here; the key is sent because libpq wants one
export const key = () => message('K', int32(process.pid), int32(0));

// columns: none, since the session learns of the COPY only when all of its data is here
export const copyIn = (binary) => message('G', [binary ? 1 : 0, 0, 0]);

export function error({ severity = 'ERROR', code, text, detail, hint }) {
  const fields = { S: severity, V: severity, C: code, M: text, D: detail, H: hint };
  const said = Object.entries(fields).filter(([, value]) => value !== undefined);
  return message('E', said.map(([field, value]) => `${field}${value}\0`).join(''), '\0');
}

// byte for byte, whatever the encoding: what is looked for in a query is ASCII
export const textOf = (query) => query.toString('latin1', 5, query.length - 1);
export const query = (text) => message('Q', Buffer.from(`${text}\0`, 'latin1'));

/** What one client sends, message by message. */
export class Client {
  #socket;
  #chunks = [];
  #length = 0;
  #closed = false;
  #wake = () => {};

  constructor(socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.#wake();
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
    socket.on('error', () => {}); // 'close' follows
  }

  get isGone() {
    return this.#closed;
  }

  send(...messages) {
    if (!this.#closed) {
      this.#socket.write(Buffer.concat(messages));
    }
  }

  end() {
    this.#socket.end();
  }

  destroy() {
    this.#socket.destroy();
  }

  /** What the startup packet says; null for a client that only wants to cancel another one. */
  async startup() {
    for (;;) {
      const packet = await this.#take((await this.#peek(4)).readInt32BE(0));
      switch (packet.readInt32BE(4)) {
        case SSL_REQUEST:
        case GSS_REQUEST:
          this.send(Buffer.from('N'));
          break;
        case CANCEL_REQUEST:
          return null;
        default: {
          const words = packet.subarray(8).toString().split('\0');
          const pairs = words.flatMap((name, at) => (at % 2 || !name ? [] : [[name, words[at + 1]]]));
          return Object.fromEntries(pairs);
        }
      }
    }
  }

  /** The next message, whole, and the letter of its type. */
  async next() {
    const whole = await this.#take((await this.#peek(5)).readInt32BE(1) + 1);
    return { type: String.fromCharCode(whole[0]), whole };
  }

  async #peek(length) {
    while (this.#length < length) {
      if (this.#closed) {
        throw new Gone();
      }
      await new Promise((wake) => (this.#wake = wake));
    }
    // joined once per message and not once per chunk: a message can be 100 MB long
    if (this.#chunks.length > 1) {
      this.#chunks = [Buffer.concat(this.#chunks)];
    }
    return this.#chunks[0];
  }

  async #take(length) {
    const buffer = await this.#peek(length);
    this.#chunks = [buffer.subarray(length)];
    this.#length -= length;
    return buffer.subarray(0, length);
  }
}
