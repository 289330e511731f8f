import { formatCidr, formatIp, formatMac, type Ip } from '../addr/index.ts';
import { printRule } from '../formats/iptables/index.ts';
import {
  formatOdds,
  type IpvsEvent,
  type KernelEvent,
  type MatchedRule,
  type Origin,
  type PacketSnapshot,
  type Route,
  type Rule,
  toNumber,
  type Visit,
} from '../kernel/index.ts';
import { reasonOf } from './judge.ts';
import type { AddressPort, Hop, OriginView, PacketView, RuleView, Step } from './model.ts';
import { originView } from './origin-view.ts';
import { policyDecisions } from './policy-decision.ts';
import type { PolicyNames } from './policy-names.ts';

/** Visits as plain hops: everything that was a value of the kernel becomes text here. */
export function hopsOf(way: readonly Visit[], names: () => PolicyNames): Hop[] {
  let sent: PacketSnapshot | undefined;
  return way.map((visit) => {
    const first = visit.events.find(({ type }) => type === 'originate' || type === 'receive');
    if (sent === undefined && first !== undefined && 'packet' in first) sent = first.packet;
    return {
      kind: visit.netns.kind,
      place: visit.netns.label,
      in: visit.in ?? null,
      out: visit.out ?? null,
      ...(visit.lookups === 0 ? {} : { lookups: visit.lookups }),
      steps: stepsOf(visit, sent, names),
    };
  });
}

function stepsOf({ events }: Visit, sent: PacketSnapshot | undefined, names: () => PolicyNames): Step[] {
  let packet: PacketSnapshot | undefined;
  return events.map((event) => {
    packet = packetAfter(packet, event);
    const step = stepOf(event);
    if (event.type !== 'netfilter' || step.type !== 'netfilter') return step;
    if (packet === undefined || sent === undefined) return step;
    const decisions = policyDecisions(event, { now: packet, sent }, names);
    return decisions.length === 0 ? step : { ...step, decisions };
  });
}

/** The packet as an event leaves it, as far as addresses and ports go. */
function packetAfter(packet: PacketSnapshot | undefined, event: KernelEvent): PacketSnapshot | undefined {
  if (event.type === 'originate' || event.type === 'receive') return event.packet;
  if (event.type !== 'nat' || packet === undefined) return packet;
  const { ip, port } = event.after;
  return event.manip === 'DNAT' || event.manip === 'un-SNAT'
    ? { ...packet, dst: ip, ...(port === undefined ? {} : { dport: port }) }
    : { ...packet, src: ip, ...(port === undefined ? {} : { sport: port }) };
}

function withOrigin(origin: Origin | undefined): { readonly origin?: OriginView } {
  return origin === undefined ? {} : { origin: originView(origin) };
}

function packetView(packet: PacketSnapshot): PacketView {
  const { protocol, src, dst, sport, dport, ttl, mark, info } = packet;
  return {
    protocol,
    src: formatIp(src),
    dst: formatIp(dst),
    ...(sport === undefined ? {} : { sport }),
    ...(dport === undefined ? {} : { dport }),
    ttl,
    ...(mark === 0 ? {} : { mark: `0x${mark.toString(16)}` }),
    ...(info === undefined ? {} : { info }),
  };
}

export function addressPort(ip: Ip, port: number | undefined): AddressPort {
  return { ip: formatIp(ip), ...(port === undefined ? {} : { port }) };
}

/** Rules are never changed in place: each is printed once, however many walks it is in. */
const ruleTexts = new WeakMap<Rule, string>();

function ruleText(rule: Rule): string {
  let text = ruleTexts.get(rule);
  if (text === undefined) {
    text = printRule(rule, 4);
    ruleTexts.set(rule, text);
  }
  return text;
}

export function ruleView(table: string, matched: MatchedRule): RuleView {
  const { chain, number, rule } = matched;
  return { table, chain, number, text: ruleText(rule), origin: originView(rule.origin) };
}

/** A route in `ip route`'s words. */
export function routeText(route: Route): string {
  const type = route.type === 'unicast' ? '' : `${route.type} `;
  const dst =
    route.dst.length === 0
      ? 'default'
      : route.dst.length === 32
        ? formatIp(route.dst.base)
        : formatCidr(route.dst);
  const via = route.via === undefined ? '' : ` via ${formatIp(route.via)}`;
  const dev = route.device === undefined ? '' : ` dev ${route.device}`;
  const onlink = route.onlink ? ' onlink' : '';
  return `${type}${dst}${via}${dev}${onlink}`;
}

function ipvsStep({ hook, priority, action, service, server, odds }: IpvsEvent): Step {
  return {
    type: 'ipvs',
    hook,
    priority,
    action,
    service: addressPort(service.ip, service.port),
    scheduler: service.scheduler,
    server: server === undefined ? null : addressPort(server.ip, server.port),
    ...(action === 'schedule' ? { odds: formatOdds(odds), probability: toNumber(odds) } : {}),
    origin: originView(service.origin),
  };
}

function stepOf(event: KernelEvent): Step {
  switch (event.type) {
    case 'originate':
    case 'receive':
      return { ...event, packet: packetView(event.packet) };
    case 'netfilter': {
      const { hook, table, priority, evaluated, verdict, policy } = event;
      return {
        type: 'netfilter',
        hook,
        table,
        priority,
        evaluated,
        rules: event.matched.map((m) => ruleView(table, m)),
        verdict,
        policy,
      };
    }
    case 'choose':
      return {
        type: 'choose',
        what: `${event.chain} rule ${event.rule}`,
        odds: formatOdds(event.odds),
        probability: toNumber(event.odds),
      };
    case 'nat':
      return {
        type: 'nat',
        manip: event.manip,
        before: addressPort(event.before.ip, event.before.port),
        after: addressPort(event.after.ip, event.after.port),
      };
    case 'ipvs':
      return ipvsStep(event);
    case 'route':
      return {
        type: 'route',
        decision: event.decision,
        route: event.route === undefined ? null : routeText(event.route),
        ...(event.source === undefined ? {} : { source: formatIp(event.source) }),
        ...withOrigin(event.route?.origin),
      };
    case 'neighbour':
      return {
        type: 'neighbour',
        ip: formatIp(event.ip),
        device: event.device,
        mac: event.mac === undefined ? null : formatMac(event.mac),
        state: event.state,
        ...withOrigin(event.origin),
      };
    case 'bridge':
      return {
        type: 'bridge',
        bridge: event.bridge,
        decision: event.decision,
        mac: formatMac(event.mac),
        port: event.port ?? null,
      };
    case 'encapsulate':
    case 'decapsulate':
      return { ...event, outerSrc: formatIp(event.outerSrc), outerDst: formatIp(event.outerDst) };
    case 'answer':
      return { type: 'answer', what: event.what, reason: reasonOf(event.reason) };
    case 'transmit':
      return {
        type: 'transmit',
        device: event.device,
        ...(event.mac === undefined ? {} : { mac: formatMac(event.mac) }),
      };
    case 'deliver':
      return { type: 'deliver', to: event.to, ...withOrigin(event.origin) };
    case 'drop':
      return {
        type: 'drop',
        reason: reasonOf(event.reason, { route: event.route, rule: event.rule }),
        detail: event.detail,
        ...(event.device === undefined ? {} : { device: event.device }),
      };
    case 'conntrack':
    case 'ttl':
    case 'note':
      return event;
  }
}
