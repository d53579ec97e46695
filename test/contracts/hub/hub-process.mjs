// node hub-process.mjs FILE PORT
// Carries messages between nodes over TCP and keeps their history in memory: one JSON a line, each way. Asked to save,
// it writes everything to FILE, which it loads when it is restarted; later messages are then lost.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

const [file, port] = process.argv.slice(2);
/** By name. A message is { position, type, tail, storedAtMs }. */
const channels = new Map(existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []);
const subscribers = new Map();

// Messages may have been lost, and their positions are not to be given again.
for (const channel of channels.values()) {
  channel.past.push({ epoch: channel.epoch, offset: channel.newest.offset });
  channel.epoch = Math.max(Date.now(), channel.epoch + 1);
}

const isAfter = (one, other) =>
  one.epoch === other.epoch ? one.offset > other.offset : one.epoch > other.epoch;

function open({ name, history }) {
  const epoch = Date.now();
  const none = { epoch, past: [], newest: { epoch, offset: 0 }, messages: [], remembered: {} };
  const channel = channels.get(name) ?? none;
  channels.set(name, channel);
  const agedAtMs = Date.now() - history.ageSeconds * 1000;
  const isKept = ({ storedAtMs }) => storedAtMs > agedAtMs;
  channel.messages = channel.messages.filter(isKept).slice(-history.count);
  return channel;
}

function publish({ channel: { name, history }, batch, idempotencyMs }) {
  const channel = open({ name, history });
  const { publications, createdAtMs, idempotencyKey: key } = batch;
  const earlier = channel.remembered[key];
  if (earlier && earlier.expiresAtMs > Date.now()) return { ...earlier.result, duplicate: true };
  const messages = append({ name, history }, publications);
  const types = publications.map(({ type }) => type);
  const result = { first: messages[0].position, types, createdAtMs, duplicate: false };
  if (key !== undefined) {
    channel.remembered[key] = { result, expiresAtMs: Date.now() + idempotencyMs };
  }
  fanOut(name, messages);
  return result;
}

function append({ name, history }, publications) {
  const channel = channels.get(name);
  channel.version = (channel.version ?? 0) + 1;
  const messages = publications.map(({ type, tail }, index) => {
    const position = { epoch: channel.epoch, offset: channel.newest.offset + 1 + index };
    return { position, type, tail, storedAtMs: Date.now() };
  });
  channel.newest = messages.at(-1).position;
  channel.messages = [...channel.messages, ...messages].slice(-history.count);
  return messages;
}

function fanOut(name, messages) {
  for (const send of subscribers.get(name)?.values() ?? []) send({ channel: name, messages });
}

/** All messages of a channel, and a number that changes with them. */
function look({ channel }) {
  const { messages, version = 0 } = open(channel);
  return { messages, version };
}

/** Returns whether the channel was still as it had been looked at. */
function rewrite({ channel: { name, history }, version, isCleared, replaced, announcements }) {
  const channel = open({ name, history });
  if ((channel.version ?? 0) !== version) return false;
  const at = new Map(replaced.map((message) => [message.position.offset, message]));
  channel.messages = isCleared
    ? []
    : channel.messages.map((message) => ({ ...message, ...at.get(message.position.offset) }));
  fanOut(name, append({ name, history }, announcements));
  return true;
}

/** Whether nothing between the beginning of this history and the position was lost. */
function isPlace({ epoch, past, newest }, position) {
  const ends = [...past, { epoch, offset: newest.offset }];
  return ends.some((end) => end.epoch === position.epoch && position.offset <= end.offset);
}

function read({ channel: { name, history }, query: { after, before, limit }, maxBytes }) {
  const channel = open({ name, history });
  const { epoch, newest } = channel;
  const isBeforeKnown =
    !before || [channel, ...channel.past].some((one) => one.epoch === before.epoch);
  const isAfterKnown = !after || isPlace(channel, after);
  const isOrdered = after && (isAfterKnown || after.epoch < epoch);
  const behind = channel.messages.filter(({ position }) => !isOrdered || isAfter(position, after));
  const wanted = behind.filter(({ position }) => !before || isAfter(before, position));
  return {
    messages: isBeforeKnown ? page(wanted, { isForward: Boolean(after), limit, maxBytes }) : [],
    isKnown: isAfterKnown && isBeforeKnown,
    next: behind[0]?.position,
    newest,
    end: { epoch, offset: newest.offset },
  };
}

function page(messages, { isForward, limit, maxBytes }) {
  const ordered = (isForward ? messages : messages.toReversed()).slice(0, limit);
  let bytes = 0;
  const end = ordered.findIndex(
    ({ tail }, index) => (bytes += tail.length) > maxBytes && index > 0,
  );
  const taken = end < 0 ? ordered : ordered.slice(0, end);
  return isForward ? taken : taken.reverse();
}

function save() {
  writeFileSync(`${file}.new`, JSON.stringify([...channels]));
  renameSync(`${file}.new`, file);
}

createServer({ noDelay: true }, (socket) => {
  const send = (answer) => socket.write(`${JSON.stringify(answer)}\n`);
  const operations = {
    publish,
    read,
    look,
    rewrite,
    save,
    ping: () => undefined,
    subscribe: ({ name }) => {
      if (!subscribers.has(name)) subscribers.set(name, new Map());
      subscribers.get(name).set(socket, send);
    },
    unsubscribe: ({ name }) => subscribers.get(name)?.delete(socket),
  };
  socket.on('error', () => undefined);
  socket.on('close', () => subscribers.forEach((sockets) => sockets.delete(socket)));
  let rest = '';
  socket.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const { id, operation, ...input } = JSON.parse(line);
      send({ id, answer: operations[operation](input) });
    }
  });
}).listen({ port: Number(port), host: '127.0.0.1' }, () => console.log('listening'));
