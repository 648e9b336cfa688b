import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { CONNECT_WITHIN, DEAD_AFTER, LiveSocket, PING_EVERY, retryDelay, SUBPROTOCOL } from '../../static/js/socket.js';

class FakeClock {
  time = 1_000_000;
  #timers = new Map();
  #next = 1;

  now = () => this.time;

  setTimeout = (run, after) => {
    this.#timers.set(this.#next, { run, at: this.time + after });
    return this.#next++;
  };

  clearTimeout = (id) => void this.#timers.delete(id);

  get pending() {
    return this.#timers.size;
  }

  advance(by) {
    const end = this.time + by;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.time = Math.max(this.time, due[1].at);
      due[1].run();
    }
    this.time = end;
  }

  /** The browser holds back the timers of a hidden page: time passes, then each fires late. */
  sleep(by) {
    this.time += by;
    this.advance(0);
  }
}

let clock;
let made;
let messages;
let states;
let socket;

class FakeWebSocket {
  sent = [];
  closed = false;

  constructor(url, protocols) {
    Object.assign(this, { url, protocols });
    made.push(this);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
  }
}

const current = () => made.at(-1);
const say = (message) => current().onmessage({ data: JSON.stringify(message) });
const pings = () => current().sent.filter(({ type }) => type === 'ping').length;

beforeEach(() => {
  clock = new FakeClock();
  made = [];
  messages = [];
  states = [];
  socket = new LiveSocket({
    url: 'ws://here/client/',
    onMessage: (message) => messages.push(message),
    onState: (state) => states.push(state),
    WebSocket: FakeWebSocket,
    clock,
    random: () => 1,
  });
  socket.start();
});

test('it asks for the live protocol and goes from connecting to open', () => {
  assert.deepEqual([current().url, current().protocols], ['ws://here/client/', [SUBPROTOCOL]]);
  current().onopen();
  assert.deepEqual(states, ['connecting', 'open']);
});

test('messages are handed on; pongs are not', () => {
  current().onopen();
  say({ type: 'hello' });
  say({ type: 'pong' });
  assert.deepEqual(messages, [{ type: 'hello' }]);
});

test('nothing is sent while there is no connection', () => {
  assert.equal(socket.send({ type: 'subscribe' }), false);
  current().onopen();
  assert.equal(socket.send({ type: 'subscribe' }), true);
  assert.deepEqual(current().sent, [{ type: 'subscribe' }]);
});

test('a lost connection is tried again after half a second', () => {
  current().onopen();
  say({ type: 'hello' });
  current().onclose();
  assert.equal(states.at(-1), 'lost');
  clock.advance(499);
  assert.equal(made.length, 1);
  clock.advance(1);
  assert.equal(made.length, 2);
  assert.equal(states.at(-1), 'connecting');
  current().onopen();
  assert.equal(states.at(-1), 'open');
});

test('each failure doubles the wait, up to ten seconds', () => {
  const waits = [];
  for (let failures = 0; failures < 8; failures += 1) {
    const before = clock.time;
    const count = made.length;
    current().onclose();
    while (made.length === count) clock.advance(50);
    waits.push(clock.time - before);
  }
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
});

test('half of the wait is chance', () => {
  assert.equal(retryDelay(0, 0), 250);
  assert.equal(retryDelay(0, 1), 500);
  assert.equal(retryDelay(50, 0), 5000);
  assert.equal(retryDelay(50, 1), 10_000);
});

test('only a word from the server, not an open connection, resets the wait', () => {
  current().onclose();
  clock.advance(500);
  current().onopen();
  current().onclose();
  clock.advance(500);
  assert.equal(made.length, 2, 'a server that hangs up at once is not hammered');
  clock.advance(500);
  current().onopen();
  say({ type: 'hello' });
  current().onclose();
  clock.advance(500);
  assert.equal(made.length, 4);
});

test('it pings every twenty seconds', () => {
  current().onopen();
  for (let round = 1; round <= 4; round += 1) {
    clock.advance(PING_EVERY);
    assert.equal(pings(), round);
    say({ type: 'pong' });
  }
  assert.equal(made.length, 1);
});

test('a connection that says nothing for 45 seconds is dead, without waiting for its close', () => {
  current().onopen();
  clock.advance(DEAD_AFTER - 1);
  assert.equal(states.at(-1), 'open');
  clock.advance(1);
  assert.equal(states.at(-1), 'lost');
  assert.equal(made[0].closed, true);
  clock.advance(500);
  assert.equal(made.length, 2);
});

test('any message counts as a sign of life', () => {
  current().onopen();
  for (let second = 0; second < 300; second += 10) {
    clock.advance(10_000);
    say({ type: 'changes' });
  }
  assert.equal(states.at(-1), 'open');
});

test('a hidden page, whose timers run once a minute, keeps its connection', () => {
  current().onopen();
  say({ type: 'hello' });
  for (let minute = 0; minute < 10; minute += 1) {
    clock.sleep(60_000);
    if (current().sent.at(-1)?.type === 'ping') say({ type: 'pong' });
  }
  assert.equal(states.at(-1), 'open');
  assert.equal(made.length, 1);
});

test('after a long sleep of the computer a dead connection is noticed soon', () => {
  current().onopen();
  say({ type: 'hello' });
  clock.sleep(3_600_000);
  clock.advance(10_000);
  assert.ok(states.includes('lost'));
});

test('a server that never answers the handshake is given up', () => {
  clock.advance(CONNECT_WITHIN);
  assert.equal(states.at(-1), 'lost');
});

test('a late word from a dropped connection changes nothing', () => {
  current().onopen();
  const dead = current();
  clock.advance(DEAD_AFTER);
  assert.deepEqual([dead.onopen, dead.onmessage, dead.onclose], [null, null, null]);
});

test('trying now does not wait, and makes no second connection', () => {
  current().onclose();
  socket.retryNow();
  assert.equal(made.length, 2);
  socket.retryNow();
  current().onopen();
  socket.retryNow();
  say({ type: 'hello' });
  clock.advance(10_000);
  assert.equal(made.length, 2);
});

test('stopped is stopped', () => {
  current().onopen();
  socket.stop();
  assert.equal(made[0].closed, true);
  assert.equal(clock.pending, 0);
  clock.advance(100_000);
  assert.equal(made.length, 1);
});
