import { formatIp, type Ip, parseIp } from '../addr/index.ts';
import { didYouMean, type Workload } from '../k8s/index.ts';
import { otherKind, walkedKind, walkedWords } from './kind-words.ts';

/**
 * SRC and DST of a trace as a person types them (DESIGN section 3), parsed into what they name. Nothing is
 * looked up here: resolve-source.ts and resolve-destination.ts do that.
 *
 *     SRC = pod/NAME | pod/NS/NAME | NS/NAME | deploy/[NS/]NAME (sts, ds, rs, job, ...) | node/NAME
 *         | external | external/IP
 *     DST = svc/NAME[:PORT] | svc/NS/NAME[:PORT] | pod/[NS/]NAME[:PORT] | node/NAME[:PORT]
 *         | IP | IP:PORT | [V6]:PORT | a DNS name:PORT | URL
 */

/** Why a source or destination cannot be used. Printed as `error: MESSAGE (did you mean "X"?)` and `fix: FIX`. */
export interface TargetError {
  readonly message: string;
  readonly didYouMean?: string;
  readonly fix?: string;
}

export type TargetResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: TargetError };

export type SourceSpec =
  | { readonly kind: 'pod'; readonly namespace: string; readonly name: string }
  /** One of a workload's pods, as `kubectl exec deploy/NAME` takes one. */
  | {
      readonly kind: 'workload';
      readonly workload: Workload['kind'];
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly kind: 'node'; readonly name: string }
  /** A host outside the cluster; without an address the LAN's client. */
  | { readonly kind: 'external'; readonly ip?: Ip };

/** A port as typed: a number, or the name that a Service or container gives it. */
export type PortSpec = number | string;

export type DestinationSpec =
  | {
      readonly kind: 'service' | 'pod';
      readonly namespace: string;
      readonly name: string;
      readonly port?: PortSpec;
    }
  | { readonly kind: 'node'; readonly name: string; readonly port?: number }
  | { readonly kind: 'ip'; readonly ip: Ip; readonly port?: number }
  /** A DNS name, which the source looks up. */
  | { readonly kind: 'name'; readonly name: string; readonly port?: number };

const SOURCE_FORMS = 'pod/NAME, pod/NS/NAME, NS/NAME, deploy/NAME, node/NAME, external or external/IP';
const DESTINATION_FORMS =
  'svc/NAME:PORT, svc/NS/NAME:PORT, pod/NAME:PORT, node/NAME:PORT, IP:PORT, IP or a DNS name:PORT';

export function ok<T>(value: T): TargetResult<T> {
  return { ok: true, value };
}

export function fail<T>(message: string, more: Omit<TargetError, 'message'> = {}): TargetResult<T> {
  return { ok: false, error: { message, ...more } };
}

/** One line for a person: the message, a near name and what to do. */
export function formatTargetError(error: TargetError): string {
  const near = error.didYouMean === undefined ? '' : ` (did you mean "${error.didYouMean}"?)`;
  return `${error.message}${near}${error.fix === undefined ? '' : `; ${error.fix}`}`;
}

/** Parses SRC; names without a namespace are in `namespace`. */
export function parseSource(text: string, namespace: string): TargetResult<SourceSpec> {
  const parts = text.split('/');
  if (text === '' || parts.some((part) => part === '')) return badSource(text);
  const [first = '', second, third] = parts;
  if (second === undefined) {
    if (first === 'external') return ok({ kind: first });
    return fail(`source "${text}" says not what it is`, { fix: `write pod/${text} or node/${text}` });
  }
  if (first === 'external') {
    const ip = third === undefined ? parseIp(second) : undefined;
    if (ip === undefined)
      return fail(`invalid IP address in source "${text}"`, { fix: 'write external/192.0.2.1' });
    return ok({ kind: 'external', ip });
  }
  const kind = walkedKind(first);
  if (kind === 'node') return third === undefined ? ok({ kind, name: second }) : badSource(text);
  const other = otherKind(first) ?? (kind === 'service' ? 'Service' : undefined);
  if (other !== undefined)
    return fail(`${article(other)} ${other} sends nothing: "${text}" cannot be a source`, {
      fix: `a source is ${SOURCE_FORMS}`,
    });
  if (kind !== undefined && kind !== 'service') {
    if (parts.length > 3) return badSource(text);
    const name = third === undefined ? { namespace, name: second } : { namespace: second, name: third };
    if (kind === 'CronJob') return cronJob(name.name);
    return ok(kind === 'pod' ? { kind, ...name } : { kind: 'workload', workload: kind, ...name });
  }
  if (parts.length > 2 || /[A-Z.]/.test(first)) {
    const near = didYouMean(first, [...walkedWords(), 'external']);
    return fail(`unknown kind "${first}" in source "${text}"`, {
      ...(near === undefined ? {} : { didYouMean: near }),
      fix: `a source is ${SOURCE_FORMS}`,
    });
  }
  return ok({ kind: 'pod', namespace: first, name: second });
}

function article(kind: string): string {
  return /^[AEIO]/.test(kind) ? 'an' : 'a';
}

function cronJob<T>(name: string): TargetResult<T> {
  return fail(
    `a CronJob makes no pods here, as the Jobs that are in the input do: "${name}" is no end of a walk`,
    {
      fix: `add the Job that it starts: kubectl create job --from=cronjob/${name} --dry-run=client -o yaml ${name}-1 gives it, and job/${name}-1 is the source`,
    },
  );
}

function badSource(text: string): TargetResult<SourceSpec> {
  return fail(`invalid source "${text}"`, { fix: `a source is ${SOURCE_FORMS}` });
}

/** Parses DST; names without a namespace are in `namespace`. */
export function parseDestination(text: string, namespace: string): TargetResult<DestinationSpec> {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return parseUrl(text);
  if (text.startsWith('[')) return parseBracketed(text);
  const plain = parseIp(text);
  if (plain !== undefined) return ok({ kind: 'ip', ip: plain });
  if (text.includes('/')) return parseObject(text, namespace);
  return parseHostPort(text);
}

function parseObject(text: string, namespace: string): TargetResult<DestinationSpec> {
  const colon = text.indexOf(':');
  const parts = (colon < 0 ? text : text.slice(0, colon)).split('/');
  const [first = '', second = '', third] = parts;
  const kind = walkedKind(first);
  if (kind === 'CronJob') return cronJob(third ?? second);
  if (kind !== 'pod' && kind !== 'node' && kind !== 'service') {
    const other = kind ?? otherKind(first);
    if (other !== undefined)
      return fail(`${article(other)} ${other} has no address: "${text}" cannot be a destination`, {
        fix: `a destination is ${DESTINATION_FORMS}`,
      });
    const near = didYouMean(first, [
      'pod',
      'pods',
      'po',
      'node',
      'nodes',
      'no',
      'svc',
      'service',
      'services',
    ]);
    const fix =
      parts.length === 2 && near === undefined
        ? `write svc/${text} or pod/${text}`
        : `a destination is ${DESTINATION_FORMS}`;
    return fail(`unknown kind "${first}" in destination "${text}"`, {
      ...(near === undefined ? {} : { didYouMean: near }),
      fix,
    });
  }
  if (parts.some((part) => part === '') || parts.length > (kind === 'node' ? 2 : 3))
    return badDestination(text);
  if (colon < 0) {
    if (kind === 'node') return ok({ kind, name: second });
    return ok({ kind, namespace: third === undefined ? namespace : second, name: third ?? second });
  }
  const port = parsePort(text, text.slice(colon + 1), kind !== 'node');
  if (!port.ok) return port;
  if (kind !== 'node')
    return ok({
      kind,
      namespace: third === undefined ? namespace : second,
      name: third ?? second,
      port: port.value,
    });
  return typeof port.value === 'number'
    ? ok({ kind, name: second, port: port.value })
    : badPort(text, port.value);
}

function badDestination(text: string): TargetResult<DestinationSpec> {
  return fail(`invalid destination "${text}"`, { fix: `a destination is ${DESTINATION_FORMS}` });
}

function badPort<T>(text: string, port: string): TargetResult<T> {
  return fail(`invalid port "${port}" in "${text}"`, { fix: 'a port is a number from 1 to 65535' });
}

function parsePort(text: string, port: string, named: boolean): TargetResult<PortSpec> {
  if (/^\d+$/.test(port)) {
    const value = Number(port);
    return value >= 1 && value <= 65535 && !/^0/.test(port) ? ok(value) : badPort(text, port);
  }
  // IANA_SVC_NAME and the DNS_LABEL that Service ports use: lower case letters, digits and hyphens.
  if (named && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(port)) return ok(port);
  return badPort(text, port);
}

function parseNumericPort(text: string, port: string): TargetResult<number> {
  const parsed = parsePort(text, port, false);
  if (!parsed.ok) return parsed;
  return typeof parsed.value === 'number' ? ok(parsed.value) : badPort(text, parsed.value);
}

function parseBracketed(text: string): TargetResult<DestinationSpec> {
  const match = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  const ip = match === null ? undefined : parseIp(match[1] ?? '');
  if (match === null || typeof ip !== 'bigint')
    return fail(`invalid destination "${text}"`, { fix: 'write [2001:db8::1]:80' });
  if (match[2] === undefined) return ok({ kind: 'ip', ip });
  const port = parseNumericPort(text, match[2]);
  return port.ok ? ok({ kind: 'ip', ip, port: port.value }) : port;
}

function parseHostPort(text: string): TargetResult<DestinationSpec> {
  const colon = text.lastIndexOf(':');
  const host = colon < 0 ? text : text.slice(0, colon);
  const ip = parseIp(host);
  if (ip !== undefined && typeof ip === 'number') {
    const port = parseNumericPort(text, text.slice(colon + 1));
    return port.ok ? ok({ kind: 'ip', ip, port: port.value }) : port;
  }
  if (text === '' || host === '') return badDestination(text);
  if (/^[\d.]+$/.test(host) || host.includes(':')) {
    return fail(`invalid IP address "${host}"`, {
      fix: 'write four numbers from 0 to 255 without leading zeros, or an IPv6 address in brackets',
    });
  }
  const port = colon < 0 ? undefined : parseNumericPort(text, text.slice(colon + 1));
  return port === undefined || port.ok ? parseName(host, port?.value) : port;
}

const URL_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'ws:': 80, 'wss:': 443 };

function parseUrl(text: string): TargetResult<DestinationSpec> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.hostname === '')
    return fail(`invalid URL "${text}"`, { fix: 'write http://10.96.0.10:80/' });
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? URL_PORTS[url.protocol] : Number(url.port);
  if (port === undefined)
    return fail(`URL "${text}" names no port`, { fix: `write the port: ${url.protocol}//${host}:PORT/` });
  const ip = parseIp(host);
  return ip === undefined ? parseName(host, port) : ok({ kind: 'ip', ip, port });
}

/** What a resolver takes for a host's name: labels of up to 63 letters, digits, hyphens and underscores (res_hnok). */
const HOST_NAME = /^(?=.{1,254}$)(?!-)([\w-]{1,63}\.)*[\w-]{1,63}\.?$/;

function parseName(name: string, port: number | undefined): TargetResult<DestinationSpec> {
  if (!HOST_NAME.test(name))
    return fail(`invalid host name "${name}"`, { fix: `a destination is ${DESTINATION_FORMS}` });
  return ok({ kind: 'name', name, ...(port === undefined ? {} : { port }) });
}

/** Text of a destination as a person would type it again. */
export function formatDestination(spec: DestinationSpec): string {
  const port = spec.port === undefined ? '' : `:${spec.port}`;
  switch (spec.kind) {
    case 'service':
      return `svc/${spec.namespace}/${spec.name}${port}`;
    case 'pod':
      return `pod/${spec.namespace}/${spec.name}${port}`;
    case 'node':
      return `node/${spec.name}${port}`;
    case 'name':
      return `${spec.name}${port}`;
    case 'ip':
      return typeof spec.ip === 'bigint' && port !== ''
        ? `[${formatIp(spec.ip)}]${port}`
        : `${formatIp(spec.ip)}${port}`;
  }
}
