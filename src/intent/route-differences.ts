import { type Cidr, sameCidr } from '../addr/index.ts';
import { formatOperation } from '../formats/index.ts';
import type { Netns, Operation, PolicyRule, PolicyRuleSpec, Route, RouteSpec } from '../kernel/index.ts';
import { type Difference, type Sides, USER } from './difference.ts';

/** What `ip route add` is told to make a route. */
export function routeSpec(route: Route): RouteSpec {
  const { dst, type, via, device, onlink, prefsrc, metric, scope, protocol, table, mtu } = route;
  const plainScope =
    type === 'unicast' && via === undefined && typeof dst.base === 'number' ? 'link' : 'global';
  return {
    dst,
    ...(type === 'unicast' ? {} : { type }),
    ...(via === undefined ? {} : { via }),
    ...(device === undefined ? {} : { device }),
    ...(onlink ? { onlink } : {}),
    ...(prefsrc === undefined ? {} : { prefsrc }),
    ...(metric === 0 ? {} : { metric }),
    ...(scope === plainScope ? {} : { scope }),
    ...(protocol === 'boot' ? {} : { protocol }),
    ...(table === 254 ? {} : { table }),
    ...(mtu === undefined ? {} : { mtu }),
  };
}

export function addRoute(
  netns: string,
  route: Route,
  op: 'route-add' | 'route-replace' = 'route-add',
): Operation {
  return { op, netns, route: routeSpec(route), origin: USER };
}

/** `10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink`. */
function routeText(route: Route): string {
  return (formatOperation(addRoute('', route)) ?? '').replace(/^ip route add /, '');
}

export function sameKey(a: Route, b: Route): boolean {
  return a.table === b.table && a.metric === b.metric && sameCidr(a.dst, b.dst);
}

export function sameRoute(a: Route, b: Route): boolean {
  return (
    sameKey(a, b) &&
    a.type === b.type &&
    a.via === b.via &&
    a.device === b.device &&
    a.prefsrc === b.prefsrc &&
    a.onlink === b.onlink &&
    a.mtu === b.mtu
  );
}

/** Routes that the namespace lacks, in the order in which they were written. */
export function missingRoutes({ is, should }: Sides): Route[] {
  return should.routes.filter((route) => !is.routes.some((other) => sameRoute(other, route)));
}

/** Routes that are missing, others, or too many; `restored` come back with something else. */
export function routeDifferences(sides: Sides, restored: ReadonlySet<Route>): Difference[] {
  const { is, should } = sides;
  const found: Difference[] = [];
  const extra = is.routes.filter((route) => !should.routes.some((other) => sameRoute(other, route)));
  const replaced = new Set<Route>();
  for (const route of missingRoutes(sides)) {
    if (restored.has(route)) continue;
    const instead = extra.find((other) => sameKey(other, route) && !replaced.has(other));
    if (instead !== undefined) replaced.add(instead);
    const text = routeText(route);
    found.push({
      place: is.label,
      what:
        instead === undefined
          ? `route ${text} is missing`
          : `route ${routeText(instead)} is there instead of ${text}`,
      origin: route.origin,
      operations: [addRoute(is.id, route, instead === undefined ? 'route-add' : 'route-replace')],
    });
  }
  for (const route of extra) {
    if (replaced.has(route) || dueToAddress(is, should, route)) continue;
    found.push({
      place: is.label,
      what: `route ${routeText(route)} was added by hand`,
      operations: [{ op: 'route-delete', netns: is.id, route: routeSpec(route) }],
    });
  }
  return found;
}

/** The kernel's own routes of an address or link that is itself a difference. */
function dueToAddress(is: Netns, should: Netns, route: Route): boolean {
  if (route.protocol !== 'kernel' || route.device === undefined) return false;
  const now = is.links.get(route.device)?.addresses ?? [];
  const then = should.links.get(route.device)?.addresses ?? [];
  return now.some((a) => !then.some((b) => b.ip === a.ip && b.length === a.length));
}

function policyRuleSpec({ origin: _, ...rule }: PolicyRule): PolicyRuleSpec {
  return rule;
}

function sameCidrOrNone(a: Cidr | undefined, b: Cidr | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameCidr(a, b);
}

function samePolicyRule(a: PolicyRule, b: PolicyRule): boolean {
  return (
    a.priority === b.priority &&
    a.table === b.table &&
    a.iif === b.iif &&
    a.oif === b.oif &&
    a.mark?.value === b.mark?.value &&
    a.mark?.mask === b.mark?.mask &&
    sameCidrOrNone(a.from, b.from) &&
    sameCidrOrNone(a.to, b.to)
  );
}

/** `ip rule`: rules that are missing or too many. */
export function policyRuleDifferences({ is, should }: Sides): Difference[] {
  const text = (rule: PolicyRule): string =>
    (
      formatOperation({ op: 'policy-rule-add', netns: '', rule: policyRuleSpec(rule), origin: USER }) ?? ''
    ).replace(/^ip rule add /, '');
  const missing = should.rules.filter((rule) => !is.rules.some((other) => samePolicyRule(other, rule)));
  const extra = is.rules.filter((rule) => !should.rules.some((other) => samePolicyRule(other, rule)));
  return [
    ...missing.map(
      (rule): Difference => ({
        place: is.label,
        what: `policy rule ${text(rule)} is missing`,
        origin: rule.origin,
        operations: [{ op: 'policy-rule-add', netns: is.id, rule: policyRuleSpec(rule), origin: USER }],
      }),
    ),
    ...extra.map(
      (rule): Difference => ({
        place: is.label,
        what: `policy rule ${text(rule)} was added by hand`,
        operations: [{ op: 'policy-rule-delete', netns: is.id, rule: policyRuleSpec(rule) }],
      }),
    ),
  ];
}
