import { didYouMean } from '../did-you-mean.ts';
import type { Field } from '../field.ts';
import type { CoreDnsConfig, CorefileServer } from '../objects.ts';
import { type Complaints, complaintsAt } from './complaints.ts';
import {
  type CorefileBlock,
  type CorefileError,
  type Directive,
  parseCorefile,
  parseDirectives,
  type Word,
} from './corefile-syntax.ts';
import { zonesOf } from './dns-zones.ts';
import { readForward } from './forward-plugin.ts';
import { EXTERNAL, HARMLESS, MODELLED, UNMODELLED } from './known-plugins.ts';
import { readKubernetesPlugin } from './kubernetes-plugin.ts';
import { readHeader, readHosts } from './small-plugins.ts';

/** A file that CoreDNS has beside its Corefile. */
export interface CorefileFile {
  /** What it is told by. */
  readonly name: string;
  readonly text: string;
  readonly field: Field;
}

/** A Corefile and what is known of where it is read. */
export interface CorefileInput {
  readonly text: string;
  readonly field: Field;
  /** Of CoreDNS, as in 1.11.1. */
  readonly version: readonly number[];
  /** The variables of its container that are known. */
  readonly environment: ReadonlyMap<string, string>;
  /** The files that a path stands for, which may have `*` and `?`; undefined: nothing is known of its folder. */
  readonly files: (pattern: string) => readonly CorefileFile[] | undefined;
}

/** The ports of the transports (plugin/pkg/transport). */
const PORTS: Readonly<Record<string, number>> = {
  dns: 53,
  tls: 853,
  quic: 853,
  grpc: 443,
  https: 443,
  https3: 443,
};
const DNS_PORT = 53;
/** Imports of imports. */
const MAX_DEPTH = 8;

/** What is read so far. */
interface Reading {
  readonly input: CorefileInput;
  readonly complaints: Complaints;
  readonly snippets: Map<string, readonly Directive[]>;
  readonly fields: Map<string, Field>;
  readonly servers: CorefileServer[];
  readonly defined: Set<string>;
}

/** Reads a Corefile; what CoreDNS would refuse, and what is not modelled, is told at the field that holds it. */
export function readCorefile(input: CorefileInput): CoreDnsConfig | undefined {
  const fields = new Map<string, Field>();
  const complaints = complaintsAt((file) => fields.get(file) ?? input.field);
  const reading = { input, complaints, fields, snippets: new Map(), servers: [], defined: new Set<string>() };
  const parsed = parseCorefile(input.text, 'Corefile');
  if (!parsed.ok) {
    told(parsed.error, complaints);
    return undefined;
  }
  readBlocks(parsed.parsed, reading, 0);
  const { servers } = reading as Reading;
  if (servers.length === 0)
    complaints.refuse({ file: 'Corefile', line: 1 }, 'no server block', 'begin with .:53 {');
  const { source } = input.field.report;
  return { servers, ...(source === undefined ? {} : { source }) };
}

function told({ at, message }: CorefileError, { refuse }: Complaints): void {
  refuse(at, message);
}

function readBlocks(blocks: readonly CorefileBlock[], reading: Reading, depth: number): void {
  for (const block of blocks) {
    const [key] = block.keys;
    const snippet = /^\((.+)\)$/.exec(key?.text ?? '')?.[1];
    if (snippet !== undefined) reading.snippets.set(snippet, block.directives);
    else if (key?.text !== 'import') readServer(block, reading);
    else
      for (const { text, file } of importedFiles(block.keys, reading, depth)) {
        const parsed = parseCorefile(text, file);
        if (parsed.ok) readBlocks(parsed.parsed, reading, depth + 1);
        else told(parsed.error, reading.complaints);
      }
  }
}

/** Patterns that match nothing are fine with CoreDNS; a file that there is not is not. */
function importedFiles(
  [, ...patterns]: readonly Word[],
  { input, fields, complaints }: Reading,
  depth: number,
): readonly { readonly text: string; readonly file: string }[] {
  return patterns.flatMap(({ text: pattern, at }) => {
    const found = input.files(pattern);
    if (depth > MAX_DEPTH) complaints.refuse(at, `import ${pattern}: files import each other`);
    else if (found === undefined || (found.length === 0 && !/[*?]/.test(pattern)))
      complaints.unmodelled(at, `import ${pattern}: ${notThere(pattern)}`);
    if (depth > MAX_DEPTH) return [];
    return (found ?? []).map(({ name, text, field }) => {
      fields.set(name, field);
      return { text, file: name };
    });
  });
}

function notThere(pattern: string): string {
  return /[*?]/.test(pattern) ? 'such files are not in the input' : 'the file is not in the input';
}

/** Who is served: zones, and the addresses of `bind`, which several servers of a zone may share it by. */
function readServer({ keys, directives }: CorefileBlock, reading: Reading): void {
  const { complaints, defined, servers } = reading;
  const lines = imported(directives, reading, 0);
  const bind = lines
    .filter(({ words: [name] }) => name?.text === 'bind')
    .flatMap(({ words }) => words.slice(1).map(({ text }) => text));
  const chosen = lines.some(({ words: [name] }) => name?.text === 'view');
  const zones: string[] = [];
  for (const key of keys) {
    const read = readKey(key, complaints);
    for (const zone of read?.zones ?? []) {
      const name = `${read?.scheme}://${zone}:${read?.port}`;
      const listens = bind.length === 0 ? [name] : bind.map((address) => `${name} on ${address}`);
      if (!chosen && listens.some((one) => defined.has(one)))
        complaints.refuse(key.at, `cannot serve ${name} - it is already defined`);
      for (const one of listens) defined.add(one);
      if (read?.scheme === 'dns' && read.port === DNS_PORT) zones.push(zone);
    }
  }
  const server = readPlugins(lines, zones, reading);
  // It serves nothing that pods ask for if it listens on another port.
  if (zones.length > 0) servers.push(bind.length === 0 ? server : { ...server, bind });
}

function readPlugins(
  lines: readonly Directive[],
  zones: readonly string[],
  reading: Reading,
): CorefileServer {
  const { complaints, input } = reading;
  const seen = new Set<string>();
  let server: CorefileServer = { zones, forward: [] };
  const others: string[] = [];
  for (const directive of lines) {
    const [name] = directive.words;
    if (name === undefined) continue;
    const { text, at } = name;
    const again = seen.has(text);
    seen.add(text);
    if (again && (text === 'kubernetes' || text === 'hosts'))
      complaints.refuse(at, 'this plugin can only be used once per Server Block');
    switch (text) {
      case 'kubernetes':
        server = { ...server, kubernetes: readKubernetesPlugin(directive, zones, complaints) };
        break;
      case 'forward':
      case 'proxy': {
        const forward = readForward(directive, input.version, complaints);
        if (forward !== undefined) server = { ...server, forward: [...server.forward, forward] };
        break;
      }
      case 'hosts': {
        const fileText = (path: string): string | undefined => input.files(path)?.[0]?.text;
        server = { ...server, hosts: readHosts(directive, zones, fileText, complaints) };
        break;
      }
      case 'header':
        server = { ...server, header: readHeader(directive, complaints) };
        break;
      case 'local':
      case 'any':
      case 'minimal':
        server = { ...server, [text]: true };
        break;
      default:
        if (otherPlugin(directive, name, complaints)) others.push(text);
    }
    // It is plugin kubernetes for several clusters; the one without an endpoint is this one.
    const here = !directive.block.some(({ words: [property] }) => property?.text === 'endpoint');
    if (text === 'kubernetai' && here && server.kubernetes === undefined)
      server = { ...server, kubernetes: readKubernetesPlugin(directive, zones, complaints) };
  }
  return others.length === 0 ? server : { ...server, others };
}

/** Whether it is one that may answer. */
function otherPlugin({ words }: Directive, { text, at }: Word, complaints: Complaints): boolean {
  if (HARMLESS.includes(text)) return false;
  const fix = 'compare with what CoreDNS itself answers';
  const arguments_ = words.slice(1).map((word) => word.text);
  const what = Object.hasOwn(UNMODELLED, text) ? UNMODELLED[text] : undefined;
  if (what !== undefined) {
    const shown = arguments_.length === 0 ? '' : ` (${arguments_.join(' ')})`;
    complaints.unmodelled(
      at,
      `plugin ${text} is not modelled: answers are as without it; it ${what}${shown}`,
      fix,
    );
    return true;
  }
  const known = [...MODELLED, ...HARMLESS, ...Object.keys(UNMODELLED)];
  if (!EXTERNAL.includes(text) && didYouMean(text, known) !== undefined)
    complaints.unknown(at, `Unknown directive '${text}'`, text, known);
  else
    complaints.unmodelled(
      at,
      `plugin ${text} is none that CoreDNS is built with, and not modelled: answers are as without it`,
      fix,
    );
  return true;
}

/** `cluster.local:53`, `tls://.`, `10.0.0.0/8`, `.:1053-1055`; other transports than plain DNS are others' business. */
function readKey(
  { text: written, at }: Word,
  { refuse }: Complaints,
): { readonly zones: readonly string[]; readonly scheme: string; readonly port: number } | undefined {
  // A port that is a variable is the usual one.
  const text = written.replace(/:?(\{\$\w+\}|\{%\w+%\})$/, '');
  const [, scheme = 'dns', host = '', portText] =
    /^(?:([a-z0-9]+):\/\/)?(.*?)(?::(\d+)(?:-\d+)?)?$/.exec(text) ?? [];
  const port = portText === undefined ? (PORTS[scheme] ?? 0) : Number(portText);
  const zones = zonesOf(host);
  if (zones === undefined || port > 65535) {
    refuse(at, `not a valid zone: ${text}`, 'as in .:53 or cluster.local');
    return undefined;
  }
  return { zones, scheme, port };
}

/** `{$NAME}` and `{%NAME%}` stand for variables of the container (caddyfile/parse.go replaceEnvVars). */
function substituted({ words, block }: Directive, { input, complaints }: Reading): Directive {
  let lost = false;
  const known = words.flatMap((word): Word[] => {
    const text = word.text.replace(/\{\$(\w+)\}|\{%(\w+)%\}/g, (_, one, two) => {
      const name = String(one ?? two);
      const value = input.environment.get(name);
      if (value === undefined) {
        lost = true;
        const taken = words[0]?.text === 'forward' ? "; the node's resolver is taken" : '';
        complaints.unmodelled(word.at, `the environment variable ${name} is not in the input${taken}`);
      }
      return value ?? '';
    });
    return text === '' && word.text !== '' ? [] : [{ ...word, text }];
  });
  const last = known.at(-1);
  // What it forwards to is not known: as most clusters do.
  if (lost && known.length === 2 && known[0]?.text === 'forward' && last !== undefined)
    known.push({ ...last, text: '/etc/resolv.conf' });
  return { words: known, block };
}

/** Directives with those of snippets and files in place of their imports. */
function imported(directives: readonly Directive[], reading: Reading, depth: number): readonly Directive[] {
  return directives.flatMap((directive) => {
    const [name, what] = directive.words;
    if (name?.text !== 'import') {
      const { words, block } = /[$%]/.test(directive.words.map(({ text }) => text).join(''))
        ? substituted(directive, reading)
        : directive;
      return [{ words, block: block.length === 0 ? block : imported(block, reading, depth) }];
    }
    const snippet = reading.snippets.get(what?.text ?? '');
    if (snippet !== undefined && depth <= MAX_DEPTH) return imported(snippet, reading, depth + 1);
    return importedFiles(directive.words, reading, depth).flatMap(({ text, file }) => {
      const parsed = parseDirectives(text, file);
      if (parsed.ok) return imported(parsed.parsed, reading, depth + 1);
      told(parsed.error, reading.complaints);
      return [];
    });
  });
}
