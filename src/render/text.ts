import { visibleDeep } from '../formats/text/index.ts';
import type { Culprit, Diagnosis, FlowEnd, Hop, Path, Trace, Unenforced } from '../trace/index.ts';
import type { Paint } from './colour.ts';
import { type Column, formatTable } from './columns.ts';
import { lookupLines } from './lookup.ts';
import { packetLine, type StepLine, stepLines } from './steps.ts';
import {
  firstPacket,
  formatAddress,
  formatEnd,
  formatEndpoint,
  formatOutcome,
  formatPacket,
  formatProbability,
} from './views.ts';

export interface TextOptions {
  readonly paint: Paint;
  /** Every step, every rule in full, the reply too. */
  readonly verbose: boolean;
}

/**
 * A trace for reading: the flow first, one numbered hop for each interface crossed with its steps indented once,
 * the verdict last. Concise unless asked: tables that changed nothing, answered ARP and the switch's work are
 * folded away.
 */
export function renderText(given: Trace, options: TextOptions): string {
  const trace = visibleDeep(given);
  const several = trace.paths.length > 1;
  const blocks = [`${[flowLine(trace, options), ...lookupOf(trace, options)].join('\n')}\n`];
  if (several) blocks.push(formatTable(PATH_COLUMNS, trace.paths));
  trace.paths.forEach((path, i) => {
    const heading = several ? `path ${i + 1} of ${trace.paths.length}, odds ${oddsOf(path)}\n` : '';
    blocks.push(`${heading}${walkOf(path, options)}`);
  });
  blocks.push(`${endingOf(trace, options).join('\n')}\n`);
  return blocks.join(several ? '\n' : '');
}

function flowLine(trace: Trace, { paint }: TextOptions): string {
  const { flow } = trace;
  const packet = isLost(trace) ? undefined : firstPacket(trace);
  const ends = [formatEnd(flow.source), formatEnd(flow.destination)];
  const shown =
    packet === undefined ? `${flow.source.ip ?? ''} > ${endAddress(flow.destination)}` : formatPacket(packet);
  const names = ends[1] === '' ? `from ${ends[0]}` : `${ends[0]} -> ${ends[1]}`;
  return `${paint.strong('flow')}     ${flow.protocol} ${shown}   ${names}`;
}

/** The address of an end, or its name while it has none: `db.prod:5432`. */
function endAddress({ ip, name = '', port }: FlowEnd): string {
  return formatAddress({ ip: ip ?? name, ...(port === undefined ? {} : { port }) });
}

/** A name could not be resolved: what is walked is a query. */
function isLost({ flow, resolution }: Trace): boolean {
  return resolution?.error !== undefined && flow.destination.ip === undefined;
}

/** How the destination's name was looked up, and where that came to nothing, what is walked instead. */
function lookupOf(trace: Trace, { paint }: TextOptions): string[] {
  const { resolution } = trace;
  if (resolution === undefined) return [];
  const [head = '', ...lines] = lookupLines(resolution);
  const packet = isLost(trace) ? firstPacket(trace) : undefined;
  return [
    `${paint.strong('lookup')}   ${head}`,
    ...lines.map((line) => `      ${line}`),
    ...(packet === undefined
      ? []
      : [`${paint.strong('query')}    ${packet.protocol} ${formatPacket(packet)}`]),
  ];
}

function oddsOf(path: Path): string {
  return formatProbability(path.odds, path.probability);
}

const PATH_COLUMNS: readonly Column<Path>[] = [
  { head: 'ODDS', value: oddsOf },
  { head: 'VERDICT', value: formatOutcome },
  { head: 'ENDPOINT', value: (path) => (path.endpoint === null ? '' : formatEndpoint(path.endpoint)) },
  {
    head: 'SOURCE SEEN',
    value: (path) => (path.observedSource === undefined ? '' : formatAddress(path.observedSource)),
  },
];

const LABEL_WIDTH = 18;

function walkOf(path: Path, options: TextOptions): string {
  const { paint, verbose } = options;
  const lines: string[] = [];
  const back = path.reply ?? path.returned;
  const all = [...path.hops, ...(back?.hops ?? [])];
  const widths = { place: longest(all.map((hop) => hop.place)), device: longest(all.map(deviceOf)) };
  let number = 0;
  const print = (hops: readonly Hop[], keep: (line: StepLine) => boolean): void => {
    for (const hop of hops) {
      number++;
      const place = paint.strong(hop.place.padEnd(widths.place));
      lines.push(
        `${`${number}`.padStart(2)}  ${place}  ${deviceOf(hop).padEnd(widths.device)}  ${packetLine(hop)}`,
      );
      if (hop.kind === 'switch' && !verbose && hop.steps.at(-1)?.type === 'transmit') continue;
      for (const line of stepLines(hop, verbose).filter(keep)) {
        const text = `${line.label.padEnd(LABEL_WIDTH)} ${line.text}`;
        lines.push(`      ${line.paint === undefined ? text : paint[line.paint](text)}`);
      }
    }
  };
  print(path.hops, () => true);
  if (back !== undefined) {
    lines.push(paint.strong(path.reply === undefined ? 'back' : 'reply'));
    print(back.hops, (line) => verbose || BACK_LABELS.has(line.label) || line.paint === 'bad');
  }
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** What is worth a line on the way back: that addresses change, and where it ends. */
const BACK_LABELS: ReadonlySet<string> = new Set([
  'un-DNAT',
  'un-SNAT',
  'DNAT',
  'SNAT',
  'deliver',
  'drop',
  'answer',
  'note',
  'encap',
]);

/** `eth0 > cni0`, `> eth0` where the packet was made, `eth0` where it ended. */
function deviceOf(hop: Hop): string {
  if (hop.in === null) return hop.out === null ? '' : `> ${hop.out}`;
  return hop.out === null ? hop.in : `${hop.in} > ${hop.out}`;
}

function longest(texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, text.length), 0);
}

/** What was not walked, one thing to change, and the verdict as the last line. */
function endingOf(trace: Trace, { paint }: TextOptions): string[] {
  const lines: string[] = [];
  if (trace.unexplored !== undefined) lines.push(...othersOf(trace.unexplored));
  const [first] = trace.paths;
  if (first === undefined) return [...lines, 'verdict  unknown'];
  const fixes = [...new Set(trace.paths.flatMap((path) => (path.fix === undefined ? [] : [path.fix])))];
  const { culprit, mend } = trace.diagnosis ?? {};
  // A change that was tried out is worth more than advice.
  if (mend?.verified !== true) for (const fix of fixes) lines.push(`change   ${fix}`);
  if (culprit !== undefined) lines.push(`${paint.strong('culprit')}  ${culpritLine(culprit)}`);
  const promised = trace.diagnosis?.promised;
  if (trace.diagnosis?.agrees === true && first.reason === 'POLICY' && promised?.kind === 'refuse')
    lines.push(`${paint.strong('promise')}  ${promised.why}`);
  if (mend !== undefined && trace.diagnosis !== undefined) lines.push(mendLine(mend, trace.diagnosis, paint));
  if (trace.unenforced !== undefined) lines.push(unenforcedLine(trace.unenforced));
  const good = trace.verdict === 'delivered';
  const word = (good ? paint.good : paint.bad)(trace.verdict.toUpperCase());
  lines.push(
    `${paint.strong('verdict')}  ${word}  ${trace.paths.length === 1 ? sentence(first) : summary(trace)}`,
  );
  return lines;
}

/** Nobody enforces the policies: what would have come of it otherwise. */
function unenforcedLine({ policies, verdict, explanation }: Unenforced): string {
  const one = policies === 1;
  const which = one ? 'the NetworkPolicy is' : `the ${policies} NetworkPolicies are`;
  const would =
    explanation !== undefined
      ? `would have denied this: ${explanation}`
      : verdict === 'delivered'
        ? 'would have let this through'
        : 'would have had no part in this';
  return `policy   ${which} not enforced (--policy none); ${one ? 'it' : 'they'} ${would}`;
}

/** What is as promised needs no mending: there it says how to have it otherwise. */
function mendLine(
  { text, verified }: NonNullable<Diagnosis['mend']>,
  { agrees, culprit, promised }: Diagnosis,
  paint: Paint,
): string {
  const label = agrees && culprit === undefined ? 'allow' : 'mend';
  const after = !agrees && promised.kind !== 'answer' ? 'as promised' : 'delivers';
  const sure = verified ? `verified: ${after}` : 'not verified';
  return `${paint.strong(label)}${' '.repeat(9 - label.length)}${text} (${sure})`;
}

/** `node1: route ... is missing (flannel, Node node2 spec.podCIDR)`. */
function culpritLine({ place, what, origin }: Culprit): string {
  if (origin === undefined || origin.program === 'user')
    return origin === undefined ? `${place}: ${what}` : `${place} ${what}`;
  const { program, kind, namespace, name, field } = origin;
  const object =
    kind === undefined ? '' : `, ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
  return `${place}: ${what} (${program}${object}${field === undefined ? '' : ` ${field}`})`;
}

const OTHERS_SHOWN = 6;

/** The branches that were not walked in full: what each comes to, else how many there are. */
function othersOf({ branches, probability, others }: NonNullable<Trace['unexplored']>): string[] {
  if (others === undefined || others.length === 0) {
    const what = branches === 1 ? '1 other branch' : `${branches} or more other branches`;
    return [`others   ${what} (${percent(probability)} together); --all walks every one`];
  }
  const texts = others.slice(0, OTHERS_SHOWN).map((other) => {
    const whom = other.endpoint === null ? '' : ` ${formatEndpoint(other.endpoint)}`;
    return `${formatProbability(other.odds, other.probability)} ${formatOutcome(other)}${whom}`;
  });
  const more = others.length - texts.length;
  if (more > 0) texts.push(`and ${more} more; --all walks every one`);
  return texts.map((text, i) => `${i === 0 ? 'others' : ''}`.padEnd(9) + text);
}

function sentence(path: Path): string {
  const { endpoint, observedSource, replySource } = path;
  if (path.verdict !== 'delivered') {
    const errno = path.errno === undefined ? '' : ` (${path.errno})`;
    return `${path.reason}${errno}: ${path.explanation}`;
  }
  const to = `to ${endpoint === null ? 'nobody' : formatEndpoint(endpoint)}`;
  const seen = observedSource === undefined ? '' : `, which sees ${formatAddress(observedSource)}`;
  const answer = replySource === undefined ? '' : `; the answer comes from ${formatAddress(replySource)}`;
  return `${to}${seen}${answer}`;
}

function summary(trace: Trace): string {
  const shares = new Map<string, number>();
  for (const path of trace.paths) {
    const outcome = formatOutcome(path);
    shares.set(outcome, (shares.get(outcome) ?? 0) + path.probability);
  }
  const [only] = shares.keys();
  if (shares.size === 1)
    return `on all ${trace.paths.length} paths${only === 'delivered' ? '' : `: ${only}`}`;
  return [...shares].map(([outcome, share]) => `${percent(share)} ${outcome}`).join(', ');
}

function percent(share: number): string {
  const value = Number((share * 100).toPrecision(3));
  return `${value}%`;
}
