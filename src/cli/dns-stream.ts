import type { Socket } from 'node:net';

/** Gives the bytes that go back for a message of a TCP connection; undefined: nothing does. */
export type RespondStream = (bytes: Uint8Array) => Uint8Array | undefined;

/** What one TCP connection may take of the server: without bounds one client could keep it from all others. */
export interface StreamLimits {
  /** Milliseconds that the client has for its next whole message, counted from its last (CoreDNS: 10 s). */
  readonly idle: number;
  /** Milliseconds that it has to take answers that wait for it (CoreDNS: 5 s). */
  readonly write: number;
  /** Messages that are answered before others have their turn. */
  readonly turn: number;
}

export const STREAM_LIMITS: StreamLimits = { idle: 10_000, write: 5_000, turn: 32 };

/**
 * Answers the messages of a connection, which have their length before them, as many as come (RFC 1035 section 4.2.2,
 * RFC 7766); the socket allows half-open connections. While answers wait to be taken nothing more is read: at most one message and one answer are kept. A
 * client that is too slow with either is cut off; one that has sent all still gets its answers.
 */
export function answerStream(
  socket: Socket,
  respond: RespondStream,
  limits: StreamLimits = STREAM_LIMITS,
): void {
  const waiting = messages();
  let deadline: NodeJS.Timeout | undefined;
  let ended = false;
  const within = (milliseconds: number): void => {
    clearTimeout(deadline);
    deadline = setTimeout(() => socket.destroy(), milliseconds);
  };
  const later = (): void => {
    within(limits.idle);
    // Not at once: a client that always has more to say would be the only one that is heard.
    setImmediate(proceed);
  };
  function proceed(): void {
    for (let left = limits.turn; left > 0; left--) {
      if (socket.destroyed) return;
      const message = waiting.next();
      if (message === undefined) {
        if (ended) finish();
        else socket.resume();
        return;
      }
      const answer = respond(message);
      within(limits.idle);
      if (answer === undefined || send(socket, answer)) continue;
      within(limits.write);
      socket.pause();
      socket.once('drain', later);
      return;
    }
    socket.pause();
    later();
  }
  function finish(): void {
    within(limits.write);
    socket.end();
  }
  within(limits.idle);
  socket.on('close', () => clearTimeout(deadline));
  // ECONNRESET and the like: the client has gone.
  socket.on('error', () => void socket.destroy());
  socket.on('end', () => {
    ended = true;
    // Else it is seen once the messages are through.
    if (!waiting.some()) finish();
  });
  socket.on('data', (chunk: Buffer) => {
    waiting.add(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
    proceed();
  });
}

/** False: it has to wait. */
function send(socket: Socket, answer: Uint8Array): boolean {
  const framed = new Uint8Array(answer.length + 2);
  framed.set([answer.length >> 8, answer.length & 0xff]);
  framed.set(answer, 2);
  return socket.write(framed);
}

interface Messages {
  readonly add: (chunk: Uint8Array) => void;
  readonly next: () => Uint8Array | undefined;
  /** Whether there is a whole one. */
  readonly some: () => boolean;
}

/** Bytes as they come, and the whole messages among them. */
function messages(): Messages {
  let parts: Uint8Array[] = [];
  let size = 0;
  const atLeast = (length: number): Uint8Array | undefined => {
    if (size < length) return undefined;
    const [first] = parts;
    if (first !== undefined && first.length >= length) return first;
    const all = joined(parts, size);
    parts = [all];
    return all;
  };
  const whole = (): { readonly bytes: Uint8Array; readonly length: number } | undefined => {
    const head = atLeast(2);
    const length = head === undefined ? 0 : ((head[0] ?? 0) << 8) | (head[1] ?? 0);
    const bytes = head === undefined ? undefined : atLeast(2 + length);
    return bytes === undefined ? undefined : { bytes, length };
  };
  return {
    some: () => whole() !== undefined,
    add: (chunk) => {
      parts.push(chunk);
      size += chunk.length;
    },
    next: () => {
      const found = whole();
      if (found === undefined) return undefined;
      const { bytes, length } = found;
      const rest = bytes.subarray(2 + length);
      parts = rest.length === 0 ? parts.slice(1) : [rest, ...parts.slice(1)];
      size -= 2 + length;
      return new Uint8Array(bytes.buffer, bytes.byteOffset + 2, length);
    },
  };
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
