import { parseIp } from '../../addr/index.ts';
import type { HeaderRule, HostsPlugin } from '../objects.ts';
import type { Complaints } from './complaints.ts';
import type { Directive } from './corefile-syntax.ts';
import { zonesOf } from './dns-zones.ts';

/** Seconds (plugin/hosts). */
const HOSTS_TTL = 3600;
/** It is there in every container, and names nothing but the container itself. */
const OWN_HOSTS = '/etc/hosts';

/**
 * Reads `hosts [FILE [ZONES...]] { ... }` (plugin/hosts/setup.go): a file's lines, those of the block, and its options.
 *
 * @param fileText of a path; undefined: it is not in the input
 */
export function readHosts(
  { words, block }: Directive,
  blockZones: readonly string[],
  fileText: (path: string) => string | undefined,
  { refuse, unmodelled, unknown }: Complaints,
): HostsPlugin {
  const [name, file, ...zoneWords] = words;
  const lines: (readonly string[])[] = [];
  if (name !== undefined && file !== undefined && file.text !== OWN_HOSTS) {
    const text = fileText(file.text);
    if (text === undefined) unmodelled(name.at, `hosts ${file.text}: the file is not in the input`);
    for (const line of text?.split('\n') ?? []) {
      const entry = line.replace(/#.*/, '').trim().split(/\s+/);
      if (entry.length > 1) lines.push(entry);
    }
  }
  let fallthrough: readonly string[] = [];
  let ttl = HOSTS_TTL;
  let reverse = true;
  for (const { words: line } of block) {
    const [first, ...rest] = line;
    if (first === undefined) continue;
    const texts = rest.map(({ text }) => text);
    switch (first.text) {
      case 'fallthrough':
        fallthrough = texts.length === 0 ? ['.'] : texts.flatMap((zone) => zonesOf(zone) ?? []);
        break;
      case 'no_reverse':
        reverse = false;
        break;
      case 'ttl': {
        const value = Number(texts[0] ?? Number.NaN);
        if (!Number.isInteger(value) || value <= 0 || value > 65535)
          refuse(first.at, `ttl provided is invalid: ${texts[0] ?? ''}`);
        else ttl = value;
        break;
      }
      case 'reload':
        break;
      default:
        if (parseIp(first.text) === undefined)
          unknown(first.at, `unknown property '${first.text}'`, first.text, OPTIONS);
        else lines.push([first.text, ...texts]);
    }
  }
  const given = zoneWords.flatMap(({ text, at }) => {
    const zones = zonesOf(text);
    if (zones === undefined) refuse(at, `not a valid zone: ${text}`);
    return zones ?? [];
  });
  const entries = lines.flatMap(([address = '', ...names]) => {
    const ip = parseIp(address.replace(/%.*$/, ''));
    return ip === undefined
      ? []
      : names.map((one) => ({ ip, name: `${one.toLowerCase().replace(/\.$/, '')}.` }));
  });
  return { zones: given.length > 0 ? given : blockZones, entries, fallthrough, ttl, reverse };
}

const OPTIONS: readonly string[] = ['fallthrough', 'no_reverse', 'ttl', 'reload'];

const FLAGS: readonly HeaderRule['flag'][] = ['aa', 'ra', 'rd'];

/** Reads `header { response set|clear FLAGS... }` (plugin/header/setup.go); without `response`, as before 1.10, too. */
export function readHeader(
  { words: [name], block }: Directive,
  { refuse, unmodelled }: Complaints,
): readonly HeaderRule[] {
  const rules: HeaderRule[] = [];
  for (const { words } of block) {
    const [first, ...rest] = words;
    if (first === undefined) continue;
    const selector = first.text.toLowerCase();
    const bare = selector === 'set' || selector === 'clear';
    const action = bare ? selector : (rest[0]?.text.toLowerCase() ?? '');
    const flags = bare ? rest : rest.slice(1);
    if (!bare && selector !== 'response' && selector !== 'query') {
      refuse(first.at, `setting up rule: invalid selector=${selector} should be query or response`);
      continue;
    }
    if (action !== 'set' && action !== 'clear')
      refuse(first.at, `setting up rule: unknown flag action=${action}, should be set or clear`);
    if (flags.length === 0)
      refuse(first.at, 'setting up rule: invalid length for flags, at least one should be provided');
    if (selector === 'query') {
      unmodelled(first.at, 'header query is not modelled: queries are as they came');
      continue;
    }
    for (const { text, at } of flags) {
      const flag = FLAGS.find((one) => one === text.toLowerCase());
      if (flag === undefined) refuse(at, `setting up rule: unknown/unsupported flag=${text}`, 'aa, ra or rd');
      else rules.push({ flag, set: action === 'set' });
    }
  }
  if (block.length === 0 && name !== undefined)
    refuse(name.at, "Wrong argument count or unexpected line ending after 'header'");
  return rules;
}
