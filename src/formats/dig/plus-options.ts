import type { DigQueryFlags, DigRequest, DigRequestResult } from './dig-request.ts';
import type { DigShow } from './print-dig.ts';

/** What `+NAME`, `+noNAME` or `+NAME=VALUE` makes of a request; a string is what is wrong with the value. */
type Plus = (request: DigRequest, on: boolean, value: string | undefined) => DigRequest | string;

const shows =
  (...keys: readonly (keyof DigShow)[]): Plus =>
  (request, on) => ({
    ...request,
    show: { ...request.show, ...Object.fromEntries(keys.map((key) => [key, on])) },
  });

const flag =
  (key: 'recursionDesired' | 'authenticData' | 'checkingDisabled'): Plus =>
  (request, on) => ({ ...request, query: { ...request.query, [key]: on } });

const edns =
  (
    change: (on: boolean, value: string | undefined) => Partial<NonNullable<DigQueryFlags['edns']>> | string,
  ): Plus =>
  (request, on, value) => {
    const changed = change(on, value);
    if (typeof changed === 'string') return changed;
    const before = request.query.edns ?? { udpSize: 1232, dnssecOk: false, cookie: true };
    return { ...request, query: { ...request.query, edns: { ...before, ...changed } } };
  };

/** What has no part in what is printed here. */
const nothing: Plus = (request) => request;

function numberIn(value: string | undefined, min: number, max: number): number | undefined {
  const number = /^\d+$/.test(value ?? '') ? Number(value) : Number.NaN;
  return number >= min && number <= max ? number : undefined;
}

const tries =
  (more: number): Plus =>
  (request, _, value) => {
    const number = numberIn(value, 0, 100);
    return number === undefined ? 'a number' : { ...request, tries: Math.max(1, number + more) };
  };

/** d-opts of dig 9.18. */
const PLUS: Readonly<Record<string, Plus>> = {
  aaflag: nothing,
  aaonly: nothing,
  additional: shows('additional'),
  adflag: flag('authenticData'),
  all: shows('cmd', 'comments', 'question', 'answer', 'authority', 'additional', 'stats'),
  answer: shows('answer'),
  authority: shows('authority'),
  badcookie: nothing,
  besteffort: nothing,
  bufsize: edns((_, value) => {
    const udpSize = value === undefined ? 1232 : numberIn(value, 0, 65535);
    return udpSize === undefined ? 'a number of bytes' : { udpSize };
  }),
  cdflag: flag('checkingDisabled'),
  class: shows('class'),
  cmd: shows('cmd'),
  comments: shows('comments'),
  cookie: edns((on) => ({ cookie: on })),
  crypto: nothing,
  defname: (request, on) => ({ ...request, search: on }),
  dnssec: edns((on) => ({ dnssecOk: on })),
  do: edns((on) => ({ dnssecOk: on })),
  domain: (request, on, value) => {
    if (!on) return { ...request, search: false };
    return value === undefined ? 'a name' : { ...request, domain: value, search: true };
  },
  edns: (request, on, value) => {
    if (!on) {
      const { edns: _, ...query } = request.query;
      return { ...request, query };
    }
    if (value !== undefined && value !== '0') return '0, the only version there is';
    const { query } = request;
    return {
      ...request,
      query: { ...query, edns: query.edns ?? { udpSize: 1232, dnssecOk: false, cookie: true } },
    };
  },
  fail: nothing,
  identify: shows('identify'),
  idnin: nothing,
  idnout: nothing,
  ignore: (request, on) => ({ ...request, ignoreTruncation: on }),
  keepopen: nothing,
  ndots: (request, _, value) => {
    const ndots = numberIn(value, 0, 15);
    return ndots === undefined ? 'a number' : { ...request, ndots };
  },
  onesoa: nothing,
  question: shows('question'),
  rdflag: flag('recursionDesired'),
  recurse: flag('recursionDesired'),
  retry: tries(1),
  search: (request, on) => ({ ...request, search: on }),
  short: shows('short'),
  showsearch: (request, on) => ({ ...request, showSearch: on, search: on || request.search }),
  split: nothing,
  stats: shows('stats'),
  tcp: (request, on) => ({ ...request, tcp: on }),
  time: (request, _, value) => (numberIn(value, 0, 3600) === undefined ? 'a number of seconds' : request),
  timeout: (request, _, value) => (numberIn(value, 0, 3600) === undefined ? 'a number of seconds' : request),
  tries: tries(0),
  ttlid: shows('ttlid'),
  vc: (request, on) => ({ ...request, tcp: on }),
};

/** Options of dig that change more than is modelled. */
const UNMODELLED: readonly string[] = [
  ...[
    'coflag',
    'dns64prefix',
    'ednsflags',
    'ednsnegotiation',
    'ednsopt',
    'expandaaaa',
    'expire',
    'header-only',
  ],
  ...['http-plain', 'http-plain-get', 'https', 'https-get', 'keepalive', 'multiline', 'nsid', 'nssearch'],
  ...['opcode', 'padding', 'proxy', 'proxy-plain', 'qid', 'qr', 'raflag', 'rrcomments', 'sigchase', 'subnet'],
  ...['tls', 'tls-ca', 'topdown', 'trace', 'ttlunits', 'unexpected', 'unknownformat', 'yaml', 'zflag'],
];

/** Names as `+` takes them, for whoever completes a line. */
export const DIG_OPTIONS: readonly string[] = Object.keys(PLUS);

/** Applies one `+OPTION`; as with dig, so much of its name is enough as no other begins with. */
export function applyPlus(request: DigRequest, word: string): DigRequestResult {
  const [, text = '', value] = /^\+([^=]*)(?:=(.*))?$/.exec(word.toLowerCase()) ?? [];
  const own = value === undefined ? undefined : word.slice(word.indexOf('=') + 1);
  for (const [on, name] of [
    [true, text],
    [false, text.replace(/^no/, '')],
  ] as const) {
    if (!on && name === text) break;
    const found = Object.hasOwn(PLUS, name) ? name : shortFor(name);
    const plus = found === undefined ? undefined : PLUS[found];
    if (plus !== undefined) {
      const changed = plus(request, on, own);
      return typeof changed === 'string'
        ? { ok: false, message: `${word}: it takes ${changed}` }
        : { ok: true, request: changed };
    }
    if (UNMODELLED.includes(name))
      return { ok: false, message: `${word} is an option of dig that is not modelled`, fix: 'leave it out' };
  }
  return { ok: false, message: `${word} is no option of dig`, unknown: word };
}

/** A beginning that only one option has. */
function shortFor(text: string): string | undefined {
  if (text === '') return undefined;
  const all = [...DIG_OPTIONS, ...UNMODELLED].filter((name) => name.startsWith(text));
  return all.length === 1 ? all[0] : undefined;
}
