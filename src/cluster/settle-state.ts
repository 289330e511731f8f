import { type Netns, rulesetOf } from '../kernel/index.ts';

/** Has every program of a namespace write what it put off until somebody looks: it acted before the hand that breaks. */
export function settleState(netns: Netns): void {
  rulesetOf(netns, 4);
  // Sets, virtual servers, what flannel knows of its peers and kube-ipvs0's addresses are written when any of these is first
  // read (defer.ts, proxy.ts).
  void netns.sets.size;
  void netns.ipvs.size;
  for (const link of netns.links.values()) if (link.kind === 'vxlan') void link.fdb.size;
  void netns.routes.length;
  void netns.neighbours.size;
}
