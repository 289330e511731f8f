import { complement, type Fraction, multiply } from '../chance.ts';
import type { MatchedRule } from '../event.ts';
import { record } from '../skb.ts';
import { candidatesOf, indexOf, nextOf, ruleAt } from './index-chain.ts';
import { matchRule } from './match.ts';
import type { MatchContext } from './match-context.ts';
import type { Chain, HookName, RejectType, Rule, Table } from './model.ts';
import { applyConnmark, applyCt, untrack } from './target-ct.ts';
import { translateBy } from './target-nat.ts';
import { changeSets, noteLogged, setDscp, setTos, setTtl } from './target-packet.ts';

/** What a table said of a packet at a hook. */
export type TableVerdict =
  | { readonly kind: 'ACCEPT' }
  | { readonly kind: 'DROP'; readonly rule: MatchedRule | undefined }
  | { readonly kind: 'REJECT'; readonly rule: MatchedRule; readonly with: RejectType }
  /** A match or target that is not modelled would decide. */
  | { readonly kind: 'UNKNOWN'; readonly rule: MatchedRule };

interface Walk {
  readonly context: MatchContext;
  readonly table: Table;
  readonly matched: MatchedRule[];
  /** Rules that the kernel evaluates on this way, whether or not the index skipped them. */
  evaluated: number;
  depth: number;
}

/** Deeper than any sane ruleset; the kernel refuses loops when rules are loaded. */
const MAX_DEPTH = 256;

const ACCEPT: TableVerdict = { kind: 'ACCEPT' };

/** Walks the built-in chain of a table at a hook and says what happens to the packet. */
export function walkTable(
  table: Table,
  hook: HookName,
  priority: number,
  context: MatchContext,
): TableVerdict {
  const chain = table.chains.get(hook);
  if (chain === undefined) return ACCEPT;
  const walk: Walk = { context, table, matched: [], evaluated: 0, depth: 0 };
  const decided = walkChain(walk, chain);
  const verdict: TableVerdict =
    decided ?? (chain.policy === 'DROP' ? { kind: 'DROP', rule: undefined } : ACCEPT);
  record(context.skb, {
    type: 'netfilter',
    hook,
    table: table.name,
    priority,
    evaluated: walk.evaluated,
    matched: walk.matched,
    verdict: verdict.kind,
    policy: decided === undefined,
  });
  return verdict;
}

/** The verdict of a chain; undefined when it returns to its caller. */
function walkChain(walk: Walk, chain: Chain): TableVerdict | undefined {
  if (++walk.depth > MAX_DEPTH)
    throw new Error(`chains of ${walk.table.name} jump in a circle at ${chain.name}`);
  const index = indexOf(chain);
  let last = 0;
  let odds: Fraction | undefined;
  let result: TableVerdict | undefined;
  const { rules } = index;
  const candidates = candidatesOf(index, walk.context.skb.packet);
  for (;;) {
    const position = candidates === undefined ? last : nextOf(candidates);
    if (position >= rules.length) {
      walk.evaluated += rules.length - last;
      break;
    }
    walk.evaluated += position + 1 - last;
    last = position + 1;
    const compiled = ruleAt(index, position);
    const outcome = matchRule(compiled, walk.context);
    if (outcome === 'no') continue;
    const { rule, chance } = compiled;
    const matched = { chain: chain.name, number: position + 1, rule };
    if (outcome === 'unknown') {
      walk.matched.push(matched);
      result = { kind: 'UNKNOWN', rule: matched };
      break;
    }
    if (chance !== undefined) {
      const taken = walk.context.stack.session.chooser.chance(chance);
      const factor = taken ? chance : complement(chance);
      odds = odds === undefined ? factor : multiply(odds, factor);
      if (!taken) continue;
    }
    if (odds !== undefined && rule.target.kind !== 'none') {
      record(walk.context.skb, { type: 'choose', chain: chain.name, rule: position + 1, odds });
    }
    walk.matched.push(matched);
    const step = runTarget(walk, rule, matched);
    if (step === 'continue') continue;
    result = step === 'return' ? undefined : step;
    break;
  }
  walk.depth--;
  return result;
}

type Step = TableVerdict | 'continue' | 'return';

function runTarget(walk: Walk, rule: Rule, matched: MatchedRule): Step {
  const { target } = rule;
  const { context } = walk;
  const { skb } = context;
  switch (target.kind) {
    case 'none':
      return 'continue';
    case 'ACCEPT':
      return ACCEPT;
    case 'DROP':
      return { kind: 'DROP', rule: matched };
    case 'RETURN':
      return 'return';
    case 'jump':
      return walkNamed(walk, target.chain) ?? 'continue';
    case 'goto':
      return walkNamed(walk, target.chain) ?? 'return';
    case 'REJECT':
      return { kind: 'REJECT', rule: matched, with: target.with };
    case 'MARK':
      skb.mark = ((skb.mark & ~target.mask) ^ target.value) >>> 0;
      return 'continue';
    case 'DNAT':
    case 'SNAT':
    case 'MASQUERADE':
    case 'REDIRECT':
    case 'NETMAP':
      return translateBy(target, context) ? ACCEPT : { kind: 'DROP', rule: matched };
    case 'CONNMARK':
      applyConnmark(target, context);
      return 'continue';
    case 'NOTRACK':
      untrack(context);
      return 'continue';
    case 'CT':
      return applyCt(target, context) ? 'continue' : { kind: 'UNKNOWN', rule: matched };
    case 'LOG':
    case 'NFLOG':
    case 'TRACE':
      noteLogged(target, context);
      return 'continue';
    case 'TTL':
      setTtl(target, context);
      return 'continue';
    case 'DSCP':
      setDscp(target, context);
      return 'continue';
    case 'TOS':
      setTos(target, context);
      return 'continue';
    case 'SET':
      return changeSets(target, rule, context) ? 'continue' : { kind: 'UNKNOWN', rule: matched };
    // Segment sizes, checksums and traffic classes do not change the way of a packet.
    case 'TCPMSS':
    case 'CHECKSUM':
    case 'CLASSIFY':
      return 'continue';
    case 'unknown':
      return { kind: 'UNKNOWN', rule: matched };
  }
}

function walkNamed(walk: Walk, name: string): TableVerdict | undefined {
  const chain = walk.table.chains.get(name);
  if (chain === undefined)
    throw new Error(`jump to chain ${name}, which table ${walk.table.name} does not have`);
  return walkChain(walk, chain);
}
