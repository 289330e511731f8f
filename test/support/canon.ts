/**
 * The canonical form in which two iptables-save texts are compared: what the real programs leave undefined is taken out,
 * and nothing else. Comment lines, counters and the order of tables are dropped, tables without anything in them too.
 * kube-proxy walks its services in random order, so the rules of the chains that all services share are sorted, with the
 * rule that must be last kept last; every other chain keeps its order.
 */
const SHARED_CHAINS: ReadonlySet<string> = new Set([
  'KUBE-SERVICES',
  'KUBE-NODEPORTS',
  'KUBE-EXTERNAL-SERVICES',
  'KUBE-PROXY-FIREWALL',
  'KUBE-IPVS-OUT-FILTER',
]);
const BUILTIN = /^:(PREROUTING|INPUT|FORWARD|OUTPUT|POSTROUTING) /;

interface Section {
  readonly chains: string[];
  readonly rules: string[];
}

function sectionsOf(text: string): Map<string, Section> {
  const sections = new Map<string, Section>();
  let open: Section = { chains: [], rules: [] };
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#') || line === 'COMMIT') continue;
    if (line.startsWith('*')) {
      open = sections.get(line) ?? { chains: [], rules: [] };
      sections.set(line, open);
    } else if (line.startsWith(':')) open.chains.push(line.replace(/ \[\d+:\d+\]$/, ''));
    else open.rules.push(line.replace(/^\[\d+:\d+\] /, ''));
  }
  return sections;
}

function compareShared(a: string, b: string): number {
  const last = Number(a.includes('must be the last rule')) - Number(b.includes('must be the last rule'));
  return last !== 0 ? last : a < b ? -1 : a > b ? 1 : 0;
}

/** The canonical lines of an iptables-save or ip6tables-save text. */
export function canonicalIptables(text: string): string[] {
  const out: string[] = [];
  for (const [table, { chains, rules }] of [...sectionsOf(text)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (rules.length === 0 && chains.every((chain) => BUILTIN.test(chain))) continue;
    const byChain = new Map<string, string[]>();
    for (const rule of rules) {
      const chain = rule.split(' ')[1] ?? '';
      const list = byChain.get(chain);
      if (list === undefined) byChain.set(chain, [rule]);
      else list.push(rule);
    }
    out.push(table, ...chains);
    for (const [chain, list] of byChain)
      out.push(...(SHARED_CHAINS.has(chain) ? list.sort(compareShared) : list));
    out.push('COMMIT');
  }
  return out;
}
