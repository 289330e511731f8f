import type { Cluster } from '../../cluster/index.ts';
import {
  formatTargetError,
  keepOutsideWorld,
  type Question,
  requestOf,
  resolveQuestion,
  type TargetResult,
  type TraceProtocol,
  type TraceRequest,
} from '../../trace/index.ts';

/** A flow to hold against the kernel. */
export interface Probe {
  /** SRC and DST as `podwalk trace` takes them. */
  readonly source: string;
  readonly destination: string;
  readonly request: TraceRequest;
}

/** Looks up who asks whom; of several addresses of a name, the first. */
export function probeOf(cluster: Cluster, question: Question): TargetResult<Probe> {
  const ends = resolveQuestion(cluster, question);
  if (!ends.ok) return ends;
  const { source, destinations } = ends.value;
  const { source: from, destination: to } = question;
  const request = { ...requestOf(question), source, destination: destinations[0] };
  return { ok: true, value: { source: from, destination: to, request } };
}

const PROTOCOLS: readonly TraceProtocol[] = ['tcp', 'udp', 'icmp'];

/**
 * Reads `SRC DST [-p PROTOCOL] [--ttl N] [--size N] [--df]`, the words of `podwalk trace`; else what is wrong with it.
 * The outside world that it needs is kept in the cluster.
 */
export function readProbe(cluster: Cluster, text: string, namespace: string): Probe | string {
  const [source, destination, ...options] = text.trim().split(/\s+/);
  if (source === undefined || destination === undefined) return `"${text}" is not SRC DST [-p PROTOCOL] ...`;
  const words = readOptions(options);
  if (typeof words === 'string') return words;
  const probe = probeOf(cluster, { source, destination, namespace, ...words });
  if (!probe.ok) return formatTargetError(probe.error);
  const { protocol } = probe.value.request.destination;
  if (!PROTOCOLS.includes(protocol)) return `${protocol} is not probed; use ${PROTOCOLS.join(', ')}`;
  // A SYN carries no data.
  if (words.df !== undefined && protocol === 'tcp') return '--df is probed with -p udp and -p icmp only';
  if (words.size !== undefined && protocol === 'tcp') return '--size is probed with -p udp and -p icmp only';
  keepOutsideWorld(cluster, probe.value.request);
  return probe.value;
}

type Options = Pick<Question, 'protocol' | 'ttl' | 'size' | 'df'>;

function readOptions(words: readonly string[]): Options | string {
  let options: Options = {};
  for (let i = 0; i < words.length; i++) {
    const word = words[i];
    if (word === '--df') {
      options = { ...options, df: true };
      continue;
    }
    const value = words[++i] ?? '';
    if (word === '-p' || word === '--protocol') {
      const protocol = PROTOCOLS.find((one) => one === value);
      if (protocol === undefined) return `protocol "${value}" is not probed; use ${PROTOCOLS.join(', ')}`;
      options = { ...options, protocol };
    } else if (word === '--ttl' || word === '--size') {
      const most = word === '--ttl' ? 255 : 65507;
      if (!/^\d+$/.test(value) || Number(value) > most) return `${word} takes a number up to ${most}`;
      options = { ...options, [word.slice(2)]: Number(value) };
    } else return `unknown word "${word}"; there are -p PROTOCOL, --ttl N, --size N, --df`;
  }
  return options;
}

/** The options of `podwalk trace` that say the same. */
export function probeOptions({ request }: Probe): string {
  const { destination, ttl, size, df } = request;
  const words = ['-p', destination.protocol];
  if (ttl !== undefined) words.push('--ttl', `${ttl}`);
  if (size !== undefined) words.push('--size', `${size}`);
  if (df === true) words.push('--df');
  return words.join(' ');
}
