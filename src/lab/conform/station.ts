import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Netns } from '../../kernel/index.ts';
import type { AgentAnswer, AgentRequest } from '../agent/agent.ts';
import { agentProgram } from '../agent/agent-program.ts';
import { type Headers, readHeaders } from '../observe/headers.ts';
import { type TracedWalk, traceReader } from '../observe/nft-trace.ts';
import { type CapturedPacket, pcapReader } from '../observe/pcap.ts';
import { type Children, onLines } from './children.ts';

/** A packet on a device of a namespace. */
export interface Sighting extends Pick<CapturedPacket, 'time' | 'device' | 'direction'> {
  readonly headers: Headers;
}

/** What runs in one namespace of a lab: an agent, a capture of every device, and where there are rules a trace. */
export interface Station {
  readonly netns: Netns;
  readonly ask: (request: AgentRequest) => Promise<AgentAnswer | undefined>;
  /** What was seen since the last `clear`. */
  readonly sightings: Sighting[];
  readonly walks: TracedWalk[];
  readonly clear: () => void;
  /** The highest marks that the capture and the trace have shown. */
  readonly seen: { capture: number; trace: number };
  readonly traced: boolean;
  /** Nothing watches here: packets leave no trace in `sightings` and `walks`. */
  readonly unwatched: boolean;
}

const MARK = '127.127.127.128';
const TRACED_MARK = '127.127.127.127';

export async function openStation(
  kids: Children,
  netns: Netns,
  realName: string,
  traced: boolean,
  vxlanPorts: ReadonlySet<number>,
  watch: boolean,
): Promise<Station> {
  const sightings: Sighting[] = [];
  const walks: TracedWalk[] = [];
  const seen = { capture: 0, trace: 0 };
  const read = pcapReader((packet) => {
    const headers = readHeaders(packet.bytes, vxlanPorts);
    if (headers === undefined) return;
    if (headers.dst === MARK) seen.capture = Math.max(seen.capture, numberIn(packet.bytes));
    else if (headers.src !== MARK) {
      const { time, device, direction } = packet;
      sightings.push({ time, device, direction, headers });
    }
  });
  if (watch) kids.start(realName, CAPTURE).stdout.on('data', read);
  if (watch && traced) {
    const reader = traceReader((walk) => {
      if (walk.packet.dst === TRACED_MARK) seen.trace = Math.max(seen.trace, walk.packet.dport ?? 0);
      else walks.push(walk);
    });
    onLines(kids.start(realName, ['nft', '-a', 'monitor', 'trace']), (line) => {
      reader.take(line);
    });
  }
  const ask = asker(kids.start(realName, [process.execPath, '-e', agentProgram()]));
  await ask.ready;
  return {
    netns,
    ask: ask.ask,
    sightings,
    walks,
    clear: () => {
      sightings.length = 0;
      walks.length = 0;
    },
    seen,
    traced: watch && traced,
    unwatched: !watch,
  };
}

const CAPTURE = [
  'tcpdump',
  '-i',
  'any',
  '-y',
  'LINUX_SLL2',
  '-n',
  '-U',
  '--immediate-mode',
  '--time-stamp-precision=nano',
  '-s',
  '256',
  '-w',
  '-',
  'ip',
];

/** The digits behind the UDP header of a mark. */
function numberIn(bytes: Buffer): number {
  return Number(bytes.subarray(28).toString('latin1').replace(/\D.*$/s, ''));
}

interface Asker {
  readonly ask: Station['ask'];
  readonly ready: Promise<unknown>;
}

function asker(child: ChildProcessWithoutNullStreams): Asker {
  const waiting = new Map<
    number,
    { resolve: (answer: AgentAnswer | undefined) => void; reject: (e: Error) => void }
  >();
  let last = 0;
  let said = '';
  const waitFor = (id: number): Promise<AgentAnswer | undefined> =>
    new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  const ready = waitFor(0);
  child.stderr.on('data', (data: Buffer) => {
    said += data.toString();
  });
  onLines(child, (line) => {
    const { id, answer, error } = JSON.parse(line) as { id: number; answer?: AgentAnswer; error?: string };
    const one = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) one?.resolve(answer);
    else one?.reject(new Error(error));
  });
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error(`the agent ended: ${said.trim()}`));
  });
  return {
    ask: (request) => {
      const id = ++last;
      const answered = waitFor(id);
      child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
      return answered;
    },
    ready,
  };
}
