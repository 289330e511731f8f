import type { Hop, PolicyDecision, RuleView, Step } from '../trace/index.ts';
import type { Paint } from './colour.ts';
import { formatAddress, formatOriginView, formatPacket } from './views.ts';

type NetfilterStep = Extract<Step, { type: 'netfilter' }>;

/** One printed line of a hop: a label and what there is to say. */
export interface StepLine {
  readonly label: string;
  readonly text: string;
  readonly paint: keyof Paint | undefined;
}

/** The lines of a hop's steps. Concise: what decided or changed something; verbose: every step and rule. */
export function stepLines(hop: Hop, verbose: boolean): StepLine[] {
  return hop.steps.flatMap((step) => linesOf(step, verbose));
}

function line(label: string, text: string, paint?: keyof Paint): StepLine {
  return { label, text, paint };
}

function linesOf(step: Step, verbose: boolean): StepLine[] {
  switch (step.type) {
    case 'originate':
      return verbose ? [line('originate', `by ${step.by === 'socket' ? 'a socket' : 'the kernel'}`)] : [];
    case 'receive':
      return verbose ? [line('receive', `from ${step.from}`)] : [];
    case 'netfilter':
      return netfilterLines(step, verbose);
    case 'choose':
      return [line('choose', `${step.what} (odds ${step.odds})`)];
    case 'nat':
      return [line(step.manip, `${formatAddress(step.before)} -> ${formatAddress(step.after)}`, 'rewritten')];
    case 'ipvs':
      return ipvsLines(step, verbose);
    case 'conntrack':
      if (!verbose && step.note === undefined && step.state !== 'INVALID') return [];
      return [line('conntrack', step.note === undefined ? step.state : `${step.state}: ${step.note}`)];
    case 'route':
      return [routeLine(step)];
    case 'neighbour':
      return neighbourLines(step, verbose);
    case 'bridge':
      return verbose || step.decision === 'drop' || step.decision === 'flood' ? [bridgeLine(step)] : [];
    case 'encapsulate':
      return [
        line(
          'encap',
          `vxlan vni ${step.vni}  ${step.outerSrc}:${step.sport} > ${step.outerDst}:${step.dport}`,
        ),
      ];
    case 'decapsulate':
      return [line('decap', `vxlan vni ${step.vni}  from ${step.outerSrc}`)];
    case 'ttl':
      return verbose ? [line('ttl', `${step.from} -> ${step.to}`, 'untouched')] : [];
    case 'answer':
      return [line('answer', `${step.what} (${step.reason})`, 'bad')];
    case 'note':
      return [line('note', `${step.text} [${step.code}]`)];
    case 'transmit':
      return verbose
        ? [line('transmit', `${step.device}${step.mac === undefined ? '' : ` to ${step.mac}`}`)]
        : [];
    case 'deliver':
      return [line('deliver', `${step.to}${from(step.origin)}`, 'good')];
    case 'drop':
      return [line('drop', `${step.reason}  ${step.detail}`, 'bad')];
  }
}

function from(origin: Parameters<typeof formatOriginView>[0] | undefined): string {
  return origin === undefined ? '' : `   from ${formatOriginView(origin)}`;
}

/** What chose a server, or found none; that a connection is known goes without saying. */
function ipvsLines(step: Extract<Step, { type: 'ipvs' }>, verbose: boolean): StepLine[] {
  const { action, hook, odds, origin, priority, scheduler } = step;
  const label = verbose ? `ipvs ${hook} ${priority}` : `ipvs ${hook}`;
  const service = formatAddress(step.service);
  const server = step.server === null ? 'none' : formatAddress(step.server);
  switch (action) {
    case 'schedule':
      return [line(label, `${service} ${scheduler} chose ${server} (odds ${odds})${from(origin)}`)];
    case 'template':
      return [line(label, `${service} persistent: ${server} again${from(origin)}`)];
    case 'none':
      return [line(label, `${service} ${scheduler} has no server to choose${from(origin)}`, 'bad')];
    case 'connection':
      return verbose ? [line(label, `${service}: a connection of ${server}`, 'untouched')] : [];
    case 'reply':
      return verbose ? [line(label, `${server} answers for ${service}`, 'untouched')] : [];
    case 'error':
      return [line(label, `an ICMP error of the connection ${service} -> ${server}`)];
  }
}

function routeLine(step: Extract<Step, { type: 'route' }>): StepLine {
  if (step.route === null) return line('route', 'no route', 'bad');
  const again = step.decision === 'reroute' ? 'again: ' : '';
  const source = step.source === undefined || step.route.includes(' src ') ? '' : ` src ${step.source}`;
  const origin = step.origin === undefined || step.origin.program === 'kernel' ? undefined : step.origin;
  return line('route', `${again}${step.route}${source}${from(origin)}`);
}

/** Learnt neighbours are folded; what flannel wrote by hand, and what did not answer, is shown. */
function neighbourLines(step: Extract<Step, { type: 'neighbour' }>, verbose: boolean): StepLine[] {
  if (step.mac === null) return [line('neigh', `${step.ip} dev ${step.device} ${step.state}`, 'bad')];
  if (!verbose && step.state !== 'PERMANENT') return [];
  return [
    line('neigh', `${step.ip} dev ${step.device} lladdr ${step.mac} ${step.state}${from(step.origin)}`),
  ];
}

function bridgeLine(step: Extract<Step, { type: 'bridge' }>): StepLine {
  const to = {
    forward: `${step.mac} -> port ${step.port}`,
    flood: `${step.mac} unknown: flooded`,
    local: `${step.mac} is ${step.bridge} itself: up the stack`,
    drop: `${step.mac} dropped`,
  }[step.decision];
  return line('bridge', `${step.bridge}: ${to}`, step.decision === 'drop' ? 'bad' : undefined);
}

/** Targets that send the packet through rules and decide nothing by themselves. */
const DECIDING: ReadonlySet<string> = new Set([
  'ACCEPT',
  'DROP',
  'REJECT',
  'MARK',
  'DNAT',
  'SNAT',
  'MASQUERADE',
]);

/** The word after `-j` or `-g`; empty for a rule without a target. */
function targetOf(rule: RuleView): string {
  return /(?:^|\s)-[jg] (\S+)/.exec(rule.text)?.[1] ?? '';
}

/** Rules that did something: accepted, refused, marked, rewrote. The others only led there. */
function decidingRules(step: NetfilterStep): readonly RuleView[] {
  const chains = new Set(step.rules.map((rule) => rule.chain));
  return step.rules.filter((rule, i) => {
    const target = targetOf(rule);
    if (DECIDING.has(target)) return true;
    // What is no chain of this walk and no RETURN is a target that only -v explains: it counts when it was last.
    return i === step.rules.length - 1 && step.verdict !== 'ACCEPT' && !step.policy && !chains.has(target);
  });
}

/** The calls that led to a rule, it included: `KUBE-SERVICES:2 > KUBE-SVC-X:1`. Chains that returned are left out. */
function trailTo(rule: RuleView, rules: readonly RuleView[]): string {
  const trail = [rule];
  for (let i = rules.indexOf(rule) - 1; i >= 0; i--) {
    const before = rules[i];
    if (before !== undefined && targetOf(before) === trail[0]?.chain) trail.unshift(before);
  }
  return trail.map(({ chain, number }) => `${chain}:${number}`).join(' > ');
}

function netfilterLines(step: NetfilterStep, verbose: boolean): StepLine[] {
  const label = `${step.table} ${step.hook}`;
  const bad = step.verdict !== 'ACCEPT';
  const deciding = decidingRules(step);
  const said = (step.decisions ?? []).flatMap((decision) => decisionLines(decision, verbose));
  if (verbose) {
    const outcome = step.policy ? `${step.verdict} by policy` : step.verdict;
    const count = `${step.evaluated} ${step.evaluated === 1 ? 'rule' : 'rules'} evaluated`;
    return [
      line(label, `${outcome}, ${count}`, bad ? 'bad' : deciding.length > 0 ? undefined : 'untouched'),
      ...step.rules.map((rule) =>
        line('', `-A ${rule.chain} ${rule.text}   from ${formatOriginView(rule.origin)}`),
      ),
      ...said,
    ];
  }
  const lines = deciding.flatMap((rule, i) => {
    const target = targetOf(rule);
    // What the controller's marks say, the decisions say better.
    if (said.length > 0 && target === 'MARK' && rule.origin.program === 'network-policy') return [];
    const mark = target === 'MARK' ? / --set-xmark (\S+)/.exec(rule.text)?.[1] : undefined;
    const what = `${target}${mark === undefined ? '' : ` ${mark}`}`;
    const last = bad && !step.policy && i === deciding.length - 1;
    return [
      line(label, `${trailTo(rule, step.rules)}  ${what}${from(rule.origin)}`, last ? 'bad' : undefined),
    ];
  });
  if (step.policy && bad) lines.push(line(label, `policy ${step.verdict} of chain ${step.hook}`, 'bad'));
  return [...lines, ...said];
}

/** More rules than these that do not match are shown by -v only. */
const MOST_MISSES = 6;

/** What a pod's NetworkPolicies said, and of a refusal why each rule did not match. */
function decisionLines(
  { verdict, direction, text, misses = [] }: PolicyDecision,
  verbose: boolean,
): StepLine[] {
  const shown = verbose ? misses : misses.slice(0, MOST_MISSES);
  const more = misses.length - shown.length;
  return [
    line('policy', text, verdict === 'denied' ? 'bad' : 'untouched'),
    ...shown.map(({ policy, rule, text: why }) =>
      line('', `  ${policy}${rule === null ? '' : ` ${direction}[${rule}]`}: ${why}`),
    ),
    ...(more > 0 ? [line('', `  and ${more} more rules, which -v shows`)] : []),
  ];
}

/** The packet as it entered the hop. */
export function packetLine(hop: Hop): string {
  const first = hop.steps[0];
  if (first?.type !== 'originate' && first?.type !== 'receive') return '';
  const { packet } = first;
  return `${formatPacket(packet)}${packet.info === undefined ? '' : ` ${packet.info}`}`;
}
