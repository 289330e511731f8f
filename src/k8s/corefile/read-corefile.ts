import { didYouMean } from '../did-you-mean.ts';
import { type Field, tell } from '../field.ts';
import type { CoreDnsConfig, CorefileServer } from '../objects.ts';
import { type CorefileBlock, type Directive, parseCorefile, type Word } from './corefile-syntax.ts';
import { zonesOf } from './dns-zones.ts';
import { type Complaints, readKubernetesPlugin } from './kubernetes-plugin.ts';

/** Plugins that leave the records of an answer as they are (or as order and age of them, which nothing here has). */
const HARMLESS: readonly string[] = [
  ...['any', 'bind', 'bufsize', 'cache', 'cancel', 'chaos', 'debug', 'dnssec', 'dnstap', 'errors', 'health'],
  ...[
    'header',
    'loadbalance',
    'local',
    'log',
    'loop',
    'metadata',
    'multisocket',
    'nsid',
    'pprof',
    'prometheus',
  ],
  ...['quic', 'ready', 'reload', 'root', 'timeouts', 'tls', 'trace', 'grpc_server', 'https', 'https3'],
];

/** Plugins that answer for themselves, or change what others answer. */
const UNMODELLED: readonly string[] = [
  ...[
    'acl',
    'auto',
    'autopath',
    'azure',
    'clouddns',
    'dns64',
    'erratic',
    'etcd',
    'federation',
    'file',
    'geoip',
  ],
  ...[
    'grpc',
    'hosts',
    'k8s_external',
    'minimal',
    'nomad',
    'rewrite',
    'route53',
    'secondary',
    'sign',
    'template',
  ],
  ...['transfer', 'tsig', 'view', 'whoami', 'on'],
];

const MODELLED: readonly string[] = ['kubernetes', 'forward', 'proxy', 'import'];
const DNS_PORT = 53;

/** Reads a Corefile; what CoreDNS would refuse, and what is not modelled, is told at the field that holds it. */
export function readCorefile(text: string, field: Field): CoreDnsConfig | undefined {
  const complaints = complaintsAt(field);
  const parsed = parseCorefile(text);
  if (!parsed.ok) {
    complaints.refuse(parsed.error.line, parsed.error.message);
    return undefined;
  }
  const snippets = new Map<string, readonly Directive[]>();
  const servers: CorefileServer[] = [];
  const defined = new Set<string>();
  for (const block of parsed.blocks) {
    const [key] = block.keys;
    const snippet = /^\((.+)\)$/.exec(key?.text ?? '')?.[1];
    if (snippet !== undefined) snippets.set(snippet, block.directives);
    else if (key?.text === 'import') importedFiles(block, complaints);
    else servers.push(...readServer(block, snippets, defined, complaints));
  }
  if (servers.length === 0) complaints.refuse(1, 'no server block', 'begin with .:53 {');
  const { source } = field.report;
  return { servers, ...(source === undefined ? {} : { source }) };
}

function complaintsAt(field: Field): Complaints {
  const say = (
    severity: 'error' | 'warning',
    code: string,
    line: number,
    message: string,
    fix?: string,
  ): void => tell(field, severity, code, `Corefile:${line}: ${message}`, fix, 'sentence');
  return {
    refuse: (line, message, fix) => say('error', 'PW240', line, message, fix),
    unmodelled: (line, message, fix) => say('warning', 'PW241', line, message, fix),
    unknown: (line, message, word, known) => {
      const meant = didYouMean(word, known);
      say('error', 'PW240', line, message, meant === undefined ? undefined : `did you mean "${meant}"?`);
    },
  };
}

/** What stands in other files is not in the input; patterns that match nothing are fine with CoreDNS too. */
function importedFiles({ keys }: CorefileBlock, { unmodelled }: Complaints): void {
  for (const { text, line } of keys.slice(1))
    if (!text.includes('*')) unmodelled(line, `import ${text}: the file is not in the input`);
}

/** One server block; it serves nothing that pods ask for if it listens on another port. */
function readServer(
  { keys, directives }: CorefileBlock,
  snippets: ReadonlyMap<string, readonly Directive[]>,
  defined: Set<string>,
  complaints: Complaints,
): CorefileServer[] {
  const zones: string[] = [];
  for (const key of keys) {
    const read = readKey(key, complaints);
    for (const zone of read?.zones ?? []) {
      const name = `${zone}:${read?.port}`;
      if (defined.has(name))
        complaints.refuse(key.line, `cannot serve dns://${name} - it is already defined`);
      defined.add(name);
      if (read?.port === DNS_PORT) zones.push(zone);
    }
  }
  const seen = new Set<string>();
  const forward: string[] = [];
  let server: CorefileServer = { zones, forward };
  for (const directive of imported(directives, snippets, complaints, 0)) {
    const [name, ...rest] = directive.words;
    if (name === undefined) continue;
    const { text, line } = name;
    if (text === 'kubernetes') {
      if (seen.has(text)) complaints.refuse(line, 'this plugin can only be used once per Server Block');
      server = { ...server, kubernetes: readKubernetesPlugin(directive, zones, complaints) };
    } else if (text === 'forward' || text === 'proxy') forward.push(...forwarded(name, rest, complaints));
    else if (UNMODELLED.includes(text))
      complaints.unmodelled(
        line,
        `plugin ${text} is not modelled: answers are as without it`,
        'compare with what CoreDNS itself answers',
      );
    else if (!HARMLESS.includes(text))
      complaints.unknown(line, `Unknown directive '${text}'`, text, [
        ...MODELLED,
        ...HARMLESS,
        ...UNMODELLED,
      ]);
    seen.add(text);
  }
  return zones.length === 0 ? [] : [server];
}

/** `cluster.local:53`, `dns://.`, `10.0.0.0/8`; other transports than plain DNS are others' business. */
function readKey(
  { text, line }: Word,
  { refuse }: Complaints,
): { readonly zones: readonly string[]; readonly port: number } | undefined {
  const [, scheme = 'dns', host = '', portText = String(DNS_PORT)] =
    /^(?:([a-z0-9]+):\/\/)?(.*?)(?::(\d+))?$/.exec(text) ?? [];
  const port = Number(portText);
  const zones = zonesOf(host);
  if (zones === undefined || port > 65535) {
    refuse(line, `not a valid zone: ${text}`, 'as in .:53 or cluster.local');
    return undefined;
  }
  return { zones, port: scheme === 'dns' ? port : 0 };
}

/** Directives with those of snippets in place of their imports. */
function imported(
  directives: readonly Directive[],
  snippets: ReadonlyMap<string, readonly Directive[]>,
  complaints: Complaints,
  depth: number,
): readonly Directive[] {
  return directives.flatMap((directive) => {
    const [name, what] = directive.words;
    if (name?.text !== 'import') return [directive];
    const snippet = snippets.get(what?.text ?? '');
    if (snippet === undefined || depth > 8) {
      importedFiles({ keys: directive.words, directives: [] }, complaints);
      return [];
    }
    return imported(snippet, snippets, complaints, depth + 1);
  });
}

/** `forward FROM TO...`: the zone whose queries go to a resolver outside. */
function forwarded(name: Word, rest: readonly Word[], { refuse }: Complaints): readonly string[] {
  const [from, ...to] = rest;
  if (from === undefined || to.length === 0) {
    refuse(name.line, `Wrong argument count or unexpected line ending after '${(from ?? name).text}'`);
    return [];
  }
  const zones = zonesOf(from.text);
  if (zones === undefined) refuse(from.line, `not a valid zone: ${from.text}`);
  return zones ?? [];
}
