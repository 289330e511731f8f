import { child, type Field, isRecord, tell } from '../field.ts';
import type { ListenEvidence, Protocol } from '../objects.ts';

/**
 * containerPort informs and opens nothing, so what else says on which ports a pod's programs listen is collected: ports
 * of probes and of lifecycle handlers, and those that args, command and env values name as their own.
 */
export function listenEvidence(spec: Field): readonly ListenEvidence[] {
  const found = new Map<string, ListenEvidence>();
  const add = (protocol: Protocol, port: number, loopback: boolean, field: string): void => {
    if (!(port >= 1 && port <= 65535)) return;
    const key = `${protocol}/${port}`;
    const known = found.get(key);
    // On every address says more than on 127.0.0.1.
    if (known === undefined || (known.loopback && !loopback))
      found.set(key, { protocol, port, loopback, field, stated: false });
  };
  for (const container of containersIn(spec)) {
    const at = `spec.containers{${typeof container['name'] === 'string' ? container['name'] : ''}}`;
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
      ofHandler(container[probe], (port) => add('TCP', port, false, `${at}.${probe}`));
    const { lifecycle } = container;
    if (isRecord(lifecycle))
      for (const hook of ['postStart', 'preStop'])
        ofHandler(lifecycle[hook], (port) => add('TCP', port, false, `${at}.lifecycle.${hook}`));
    const words = [...stringsOf(container['command']), ...stringsOf(container['args'])];
    if (words.length > 0) ofWords(words, (port, loopback) => add('TCP', port, loopback, `${at}.args`));
    ofEnvironment(container['env'], (port, loopback) => add('TCP', port, loopback, `${at}.env`));
  }
  return [...found.values()];
}

type Found = (port: number, loopback: boolean) => void;
type Mapping = Readonly<Record<string, unknown>>;

function containersIn(spec: Field): readonly Mapping[] {
  return ['containers', 'initContainers'].flatMap((key) => {
    const { value } = child(spec, key);
    const list: readonly unknown[] = Array.isArray(value) ? value : [];
    return list.filter(isRecord).filter((one) => key === 'containers' || one['restartPolicy'] === 'Always');
  });
}

/** httpGet, tcpSocket and grpc by number; a name stands for a declared port. One that asks another host says nothing. */
function ofHandler(handler: unknown, found: (port: number) => void): void {
  if (!isRecord(handler)) return;
  for (const action of ['httpGet', 'tcpSocket', 'grpc']) {
    const { [action]: what } = handler;
    if (!isRecord(what) || (typeof what['host'] === 'string' && what['host'] !== '')) continue;
    const number = Number(what['port']);
    if (Number.isInteger(number)) found(number);
  }
}

/** `:8080`, `0.0.0.0:8080`, `127.0.0.1:9090` and the like, but no address of another host and no URL of a client. */
const OWN_ADDRESS =
  /(?:^|[\s="',@(])(0\.0\.0\.0|\[::\]|\*|127\.\d+\.\d+\.\d+|localhost|\[::1\]|):(\d{1,5})(?=$|[\s"',;)])/g;
/** `--port=8080`, `--http-port 8080`, `-p 8080`, `http.server 8080`, `TCP-LISTEN:8080`. */
const PORT_OPTION =
  /(?:^|\s)(?:--?([\w.-]*?)port[\w.-]*[=\s]|-[lp]+\s+|http\.server\s+|TCP-LISTEN:|listen\s+|--?(?:listen|bind)[\w.-]*[=\s])(\d{1,5})(?=$|[\s,;"'])/gi;

function ofWords(words: readonly string[], found: Found): void {
  const text = words.join(' ');
  if (!/\d/.test(text)) return;
  for (const [, host = '', port = ''] of text.matchAll(OWN_ADDRESS)) found(Number(port), isLoopback(host));
  for (const [, prefix = '', port = ''] of text.matchAll(PORT_OPTION)) {
    // With --db-host beside it, --db-port is where it calls.
    if (prefix !== '' && new RegExp(`--?${escaped(prefix)}(?:host|addr|server|url)`, 'i').test(text))
      continue;
    found(Number(port), false);
  }
}

function isLoopback(host: string): boolean {
  return host.startsWith('127.') || host === 'localhost' || host === '[::1]';
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\-]/g, '\\$&');
}

const PORT_NAME = /^(.*?)_?(?:PORT|LISTEN(?:_ADDR(?:ESS)?)?|BIND(?:_ADDR(?:ESS)?)?|(?:LISTEN|BIND)_PORT)$/i;

function ofEnvironment(env: unknown, found: Found): void {
  if (!Array.isArray(env)) return;
  const values = new Map<string, string>();
  for (const one of env) {
    if (isRecord(one) && typeof one['name'] === 'string' && typeof one['value'] === 'string')
      values.set(one['name'], one['value']);
  }
  for (const [name, value] of values) {
    const prefix = PORT_NAME.exec(name)?.[1];
    if (prefix === undefined) continue;
    // With DB_HOST beside it, DB_PORT is where it calls.
    if (prefix !== '' && REMOTE.some((end) => values.has(`${prefix}_${end}`))) continue;
    if (/^\d{1,5}$/.test(value)) found(Number(value), false);
    else
      for (const [, host = '', port = ''] of value.matchAll(OWN_ADDRESS))
        found(Number(port), isLoopback(host));
  }
}

const REMOTE = [
  'HOST',
  'HOSTNAME',
  'ADDR',
  'ADDRESS',
  'SERVER',
  'SERVICE',
  'URL',
  'NAME',
  'DATABASE',
  'USER',
];

function stringsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

const ANNOTATION = 'podwalk.dev/listens';
const STATED = /^(?:(tcp|udp|sctp)\/)?(?:(127\.0\.0\.1|\[::1\]|localhost):)?(\d{1,5})(?:\/(tcp|udp|sctp))?$/i;

/**
 * `podwalk.dev/listens: tcp/8080, udp/53, tcp/127.0.0.1:9090` on a pod or a template: on which ports it listens beside
 * those that it declares; with 127.0.0.1 on that address alone, also where it is declared. Error PW423: none of these.
 */
export function statedListens(
  annotations: ReadonlyMap<string, string>,
  field: Field,
): readonly ListenEvidence[] {
  const text = annotations.get(ANNOTATION);
  if (text === undefined) return [];
  return text
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .flatMap((word): ListenEvidence[] => {
      const [, before, host, digits, after] = STATED.exec(word) ?? [];
      const port = Number(digits);
      if (!(port >= 1 && port <= 65535)) {
        tell(
          child(field, ANNOTATION),
          'error',
          'PW423',
          `${JSON.stringify(word)} is no port to listen on`,
          'write them as tcp/8080, udp/53 or tcp/127.0.0.1:9090, with commas between',
        );
        return [];
      }
      const name = (before ?? after ?? 'tcp').toUpperCase();
      const protocol = name === 'UDP' || name === 'SCTP' ? name : 'TCP';
      const annotation = `metadata.annotations[${ANNOTATION}]`;
      return [{ protocol, port, loopback: host !== undefined, field: annotation, stated: true }];
    });
}

/** What is stated before what is concluded; of one port one. */
export function allEvidence(
  stated: readonly ListenEvidence[],
  concluded: readonly ListenEvidence[] | undefined,
): { readonly evidence?: readonly ListenEvidence[] } {
  const same = (a: ListenEvidence, b: ListenEvidence): boolean =>
    a.port === b.port && a.protocol === b.protocol;
  const rest = (concluded ?? []).filter((one) => !stated.some((other) => same(one, other)));
  const all = [...stated, ...rest];
  return all.length === 0 ? {} : { evidence: all };
}
