import type { Family } from '../../addr/index.ts';
import {
  type AddressMatch,
  type InterfaceMatch,
  type Match,
  type Origin,
  PROTOCOL,
  type ProtocolMatch,
  type Rule,
  type Target,
} from '../../kernel/index.ts';
import { protocolNumber } from './names.ts';
import { isEverything, readAddresses } from './rule-address.ts';
import {
  addOption,
  closeMatch,
  closeTarget,
  type Extension,
  openMatch,
  openTarget,
  optionOf,
} from './rule-words.ts';
import { readDevice } from './syntax.ts';
import { RuleError, type Word } from './words.ts';

/** Packets and bytes, as `[packets:bytes]` and `-c packets bytes` give them. */
export interface Counters {
  readonly packets: number;
  readonly bytes: number;
}

export interface ParsedRule {
  /** More than one when `-s` or `-d` lists several addresses. */
  readonly rules: readonly Rule[];
  readonly counters?: Counters;
}

type BaseOption = '-s' | '-d' | '-i' | '-o' | '-p' | '-m' | '-j' | '-g' | '-f' | '-c';

const BASE_OPTIONS: Readonly<Record<string, BaseOption>> = {
  '-s': '-s',
  '--source': '-s',
  '--src': '-s',
  '-d': '-d',
  '--destination': '-d',
  '--dst': '-d',
  '-i': '-i',
  '--in-interface': '-i',
  '-o': '-o',
  '--out-interface': '-o',
  '-p': '-p',
  '--protocol': '-p',
  '--proto': '-p',
  '-m': '-m',
  '--match': '-m',
  '-j': '-j',
  '--jump': '-j',
  '-g': '-g',
  '--goto': '-g',
  '-f': '-f',
  '--fragment': '-f',
  '--fragments': '-f',
  '-c': '-c',
  '--set-counters': '-c',
};
const MAY_NEGATE: ReadonlySet<BaseOption> = new Set<BaseOption>(['-s', '-d', '-i', '-o', '-p', '-f']);

/** The match that `-p` alone loads when one of its options is used (find_proto in iptables/xshared.c). */
const IMPLIED: ReadonlyMap<number, string> = new Map([
  [PROTOCOL.tcp, 'tcp'],
  [PROTOCOL.udp, 'udp'],
  [PROTOCOL.sctp, 'sctp'],
  [PROTOCOL.icmp, 'icmp'],
  [PROTOCOL.icmp6, 'icmp6'],
]);

/** The rule as far as its words have been read. */
interface RuleReader {
  readonly line: string;
  readonly words: readonly Word[];
  readonly family: Family;
  /** Index of the next word. */
  next: number;
  /** The `!` that waits for its option. */
  bang: Word | undefined;
  readonly seen: Set<string>;
  readonly matches: Extension<Match>[];
  target: Extension<Target> | undefined;
  isGoto: boolean;
  /** What the latest `-m`, `-j` or `-g` opened. */
  open: Extension<Match> | Extension<Target> | undefined;
  sources: readonly (AddressMatch | undefined)[];
  destinations: readonly (AddressMatch | undefined)[];
  inInterface: InterfaceMatch | undefined;
  outInterface: InterfaceMatch | undefined;
  protocol: ProtocolMatch | undefined;
  fragment: { readonly not: boolean } | undefined;
  counters: Counters | undefined;
}

/**
 * Parses the words of a rule (what follows `-A CHAIN`) as iptables 1.8.9 reads it, into the form in which the kernel
 * gives it back. Throws RuleError in the real tool's words. A `-j NAME` that is no target is a jump; whether the chain
 * exists is the caller's question.
 */
export function readRule(line: string, words: readonly Word[], family: Family, origin: Origin): ParsedRule {
  const reader: RuleReader = {
    line,
    words,
    family,
    next: 0,
    bang: undefined,
    seen: new Set(),
    matches: [],
    target: undefined,
    isGoto: false,
    open: undefined,
    sources: [undefined],
    destinations: [undefined],
    inInterface: undefined,
    outInterface: undefined,
    protocol: undefined,
    fragment: undefined,
    counters: undefined,
  };
  for (;;) {
    const word = words[reader.next];
    if (word === undefined) break;
    reader.next++;
    readWord(reader, word);
  }
  if (reader.bang !== undefined) throw new RuleError('nothing appropriate following !', reader.bang);
  return finish(reader, origin);
}

function readWord(reader: RuleReader, word: Word): void {
  const quoted = reader.line.charCodeAt(word.start) === 34;
  const base = quoted ? undefined : BASE_OPTIONS[word.text];
  if (word.text === '!' && !quoted) {
    if (reader.bang !== undefined) throw new RuleError('multiple consecutive ! not allowed', word);
    reader.bang = word;
  } else if (base !== undefined) {
    readBaseOption(reader, base, word);
  } else if (reader.open?.unmodelled === true && reader.open.syntax === undefined) {
    if (reader.bang !== undefined) reader.open.words.push(reader.bang);
    reader.bang = undefined;
    reader.open.words.push(word);
  } else if (!quoted && word.text.startsWith('--') && word.text.length > 2) {
    readExtensionOption(reader, word, word.text.slice(2));
  } else if (!quoted && word.text.startsWith('-')) {
    throw new RuleError(`unknown option "${word.text}"`, word);
  } else {
    throw new RuleError(`Bad argument \`${word.text}'`, word);
  }
}

function takeArgument(reader: RuleReader, option: Word): Word {
  const word = reader.words[reader.next++];
  if (word === undefined) throw new RuleError(`option "${option.text}" requires an argument`, option);
  return word;
}

/** Rules of before iptables 1.4.3 have the `!` after the option: `-s ! 10.0.0.1`. */
function takeLateBang(reader: RuleReader): boolean {
  if (reader.words[reader.next]?.text !== '!') return false;
  reader.next++;
  return true;
}

function readBaseOption(reader: RuleReader, option: BaseOption, word: Word): void {
  const { bang, seen } = reader;
  if (bang !== undefined && !MAY_NEGATE.has(option)) {
    throw new RuleError(
      option === '-m' ? 'unexpected ! flag before --match' : `cannot have ! before ${option}`,
      bang,
    );
  }
  const once = option === '-g' ? '-j' : option;
  if (option !== '-m' && seen.has(once)) throw new RuleError(`multiple ${option} flags not allowed`, word);
  seen.add(once);
  reader.bang = undefined;
  const argued = option !== '-f' && MAY_NEGATE.has(option);
  const not = bang !== undefined || (argued && takeLateBang(reader));
  switch (option) {
    case '-s':
      reader.sources = readAddresses(takeArgument(reader, word), not, reader.family);
      return;
    case '-d':
      reader.destinations = readAddresses(takeArgument(reader, word), not, reader.family);
      return;
    case '-i':
      reader.inInterface = readDevice(takeArgument(reader, word), not);
      return;
    case '-o':
      reader.outInterface = readDevice(takeArgument(reader, word), not);
      return;
    case '-p':
      reader.protocol = readProtocol(takeArgument(reader, word), not);
      return;
    case '-f':
      if (reader.family === 6)
        throw new RuleError("`-f' is not supported in IPv6, use -m frag instead", word);
      reader.fragment = { not };
      return;
    case '-c':
      reader.counters = {
        packets: readCounter(takeArgument(reader, word), 'packet'),
        bytes: readCounter(takeArgument(reader, word), 'byte'),
      };
      return;
    case '-m': {
      const match = openMatch(takeArgument(reader, word));
      reader.matches.push(match);
      reader.open = match;
      return;
    }
    default:
      reader.target = openTarget(takeArgument(reader, word));
      reader.isGoto = option === '-g';
      reader.open = reader.target;
  }
}

/** The latest match or target that has the option, or else the match that the protocol implies. */
function ownerOf(
  reader: RuleReader,
  word: Word,
  name: string,
): Extension<Match> | Extension<Target> | undefined {
  if (reader.target !== undefined && optionOf(reader.target, name) !== undefined) return reader.target;
  const loaded = reader.matches.findLast((match) => optionOf(match, name) !== undefined);
  if (loaded !== undefined) return loaded;
  const { protocol } = reader;
  const implied = protocol === undefined || protocol.not ? undefined : IMPLIED.get(protocol.number);
  if (implied === undefined || reader.matches.some((match) => match.name === implied)) return undefined;
  const match = openMatch({ ...word, text: implied });
  if (optionOf(match, name) === undefined) return undefined;
  reader.matches.push(match);
  return match;
}

function readExtensionOption(reader: RuleReader, word: Word, text: string): void {
  const owner = ownerOf(reader, word, text);
  const found = owner && optionOf(owner, text);
  if (owner === undefined || found === undefined) throw new RuleError(`unknown option "${word.text}"`, word);
  const { name, spec } = found;
  const before = reader.bang === undefined ? [] : [reader.bang];
  const first = reader.next - 1;
  const not = before.length > 0 || (spec.not === true && spec.arity > 0 && takeLateBang(reader));
  reader.bang = undefined;
  const args: Word[] = [];
  for (let n = 0; n < spec.arity; n++) args.push(takeArgument(reader, word));
  addOption(owner, { name, word, not, args }, spec, [...before, ...reader.words.slice(first, reader.next)]);
}

function readProtocol(word: Word, not: boolean): ProtocolMatch {
  const number = protocolNumber(word.text);
  if (number === undefined) throw new RuleError(`unknown protocol "${word.text}" specified`, word);
  if (number === 0 && not) throw new RuleError('rule would never match protocol', word);
  return { number, not };
}

function readCounter(word: Word, which: 'packet' | 'byte'): number {
  if (!/^\d+$/.test(word.text)) throw new RuleError(`-c ${which} counter not numeric`, word);
  return Number(word.text);
}

/** What restricts nothing is left out: the kernel does not keep it. */
function finish(reader: RuleReader, origin: Origin): ParsedRule {
  const { line, words, family, protocol, inInterface, outInterface, fragment, target, counters } = reader;
  const context = { family, protocol };
  const restricts = (device: InterfaceMatch | undefined): boolean =>
    device !== undefined && (device.name !== '+' || device.not);
  const shared = {
    ...(inInterface && restricts(inInterface) && { inInterface }),
    ...(outInterface && restricts(outInterface) && { outInterface }),
    ...(protocol && protocol.number !== 0 && { protocol }),
    ...(fragment && { fragment }),
    matches: reader.matches.map((match) => closeMatch(match, context, line, words)),
    target: target ? closeTarget(target, reader.isGoto, context, line, words) : ({ kind: 'none' } as const),
    origin,
  };
  const rules = reader.sources.flatMap((src) =>
    reader.destinations.map((dst) => ({
      ...(src && !isEverything(src) && { src }),
      ...(dst && !isEverything(dst) && { dst }),
      ...shared,
    })),
  );
  return { rules, ...(counters && { counters }) };
}
