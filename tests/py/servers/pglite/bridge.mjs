// bridge.mjs FOLDER PATIENCE: a PGlite behind a TCP port, for one client at a time.
//
// FOLDER has the packages and template.tar. A client waits for the end of the session before its own;
// it is refused when that has done nothing for PATIENCE seconds, for both may be of one test, which
// would wait forever. The bridge picks a port of the loopback interface and
// answers on stdout: one line `ready PORT` at the start, one for each line that it gets on stdin:
//
//   fresh [NAME]   throw the database away, and all clients, and take a new one, or what was kept
//   keep NAME      remember the database as it is now, for `fresh NAME`
//   forget         what was kept
//
// It ends when stdin does, so that it never outlives the program that started it.
import { openAsBlob } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import readline from 'node:readline';

import { Refused, Session, openTemplate } from './session.mjs';
import * as wire from './wire.mjs';

const COPY_IN = /^(?:\s|--.*\n)*copy\b[^;]*\bfrom\s+stdin\b/i;

const [folder, patience] = process.argv.slice(2);
const clients = new Set();
const kept = new Map();
let session;
let turns = Promise.resolve(); // resolves when all who came so far have had their turn
let lastBusy = 0;

async function takeFresh(name) {
  for (const client of clients) {
    client.destroy();
  }
  await turns;
  await session?.close().catch(() => {}); // one that a test has crashed is only thrown away
  const template = kept.get(name) ?? (await openAsBlob(path.join(folder, 'template.tar')));
  session = new Session(await openTemplate(folder, template));
}

async function keep(name) {
  await turns;
  kept.set(name, await session.dump());
}

/** Everything that goes to the session: it blocks this program, so patience starts anew after it. */
async function busy(work) {
  try {
    return await work;
  } finally {
    lastBusy = Date.now();
  }
}

/** Wait until nobody else has the session; returns what gives it back, or null after too long. */
async function turn(client) {
  const before = turns;
  let giveBack;
  const mine = new Promise((done) => (giveBack = done));
  turns = before.then(() => mine);
  const came = Date.now();
  let timer;
  const given = await Promise.race([
    before.then(() => true),
    new Promise((refuse) => {
      timer = setInterval(() => {
        if (client.isGone || Date.now() - Math.max(came, lastBusy) > patience * 1000) {
          refuse(false);
        }
      }, 100);
    }),
  ]);
  clearInterval(timer);
  if (!given) {
    giveBack(); // so that the ones behind wait only for those before
    return null;
  }
  return giveBack;
}

async function serve(client) {
  const wishes = await client.startup();
  if (wishes === null) {
    return; // a cancel request: a server never answers one, and this session cannot be interrupted
  }
  const giveBack = await turn(client);
  if (giveBack === null) {
    client.send(
      wire.error({
        severity: 'FATAL',
        code: '53300',
        text: 'another session is open',
        detail: `PGlite has one session; its client did nothing for ${patience} s.`,
        hint: 'Close that connection first, or run this test on another server.',
      }),
    );
    return;
  }
  try {
    const reported = await busy(session.login(wishes));
    const settings = reported.map(([name, value]) => wire.setting(name, value));
    client.send(wire.authenticated(), ...settings, wire.key(), wire.ready());
    await converse(client);
  } catch (failure) {
    if (!(failure instanceof Refused)) {
      throw failure;
    }
    client.send(wire.error(failure.fields));
  } finally {
    await busy(session.reset()).finally(giveBack);
  }
}

/** Until the client says goodbye. The session answers only to what is complete in itself. */
async function converse(client) {
  let pending = [];
  for (;;) {
    const { type, whole } = await client.next();
    if (type === 'X') {
      return;
    }
    if (type === 'Q' && COPY_IN.test(wire.textOf(whole))) {
      await copyIn(client, whole);
      continue;
    }
    pending.push(type === 'Q' ? wire.query(session.translated(wire.textOf(whole))) : whole);
    if ('QSHF'.includes(type)) {
      client.send(await busy(session.exchange(Buffer.concat(pending))));
      pending = [];
    }
  }
}

/** COPY … FROM STDIN: the session cannot ask for more, so it gets statement and data at once. */
async function copyIn(client, statement) {
  const binary = /\bbinary\b/i.test(wire.textOf(statement));
  client.send(wire.copyIn(binary));
  const parts = [statement];
  for (;;) {
    const { type, whole } = await client.next();
    if (type === 'f') {
      const text = `COPY from stdin failed: ${whole.toString('utf8', 5, whole.length - 1)}`;
      client.send(wire.error({ code: '57014', text }), wire.ready());
      return;
    }
    parts.push(whole);
    if (type === 'c') {
      break;
    }
  }
  const answer = await busy(session.exchange(Buffer.concat(parts)));
  const asked = answer[0] === 'G'.charCodeAt(0); // the client has been told that already
  client.send(asked ? answer.subarray(answer.readInt32BE(1) + 1) : answer);
}

const listener = net.createServer((socket) => {
  const client = new wire.Client(socket);
  clients.add(client);
  serve(client)
    .catch((failure) => {
      if (!(failure instanceof wire.Gone)) {
        console.error(failure.message); // its stack quotes PGlite's code, which is one long line
        client.send(wire.error({ severity: 'FATAL', code: 'XX000', text: failure.message }));
      }
    })
    .finally(() => {
      client.end();
      clients.delete(client);
    });
});

process.on('uncaughtException', (failure) => {
  console.error(failure.message);
  process.exit(1);
});
await takeFresh();
listener.listen(0, '127.0.0.1', () => console.log(`ready ${listener.address().port}`));
for await (const line of readline.createInterface({ input: process.stdin })) {
  const [word, name] = line.split(' ');
  await { fresh: takeFresh, keep, forget: () => kept.clear() }[word](name);
  console.log(word);
}
process.exit(0);
