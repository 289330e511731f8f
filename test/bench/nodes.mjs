/**
 * The nodes of clusters for measurements: up to 200 on the LAN that podwalk assumes, more on one that a Topology states.
 * Nodes are counted from 0. Addresses are valid for up to 16,000 nodes.
 */
const FEW = 200;

/** The Node objects, and the Topology where they need one. `name` and `podRange` are called with a node's number. */
export function nodeItems(nodes, { name, podRange }) {
  const items = Array.from({ length: nodes }, (_, n) => ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: name(n) },
    spec: { podCIDR: podRange(n), podCIDRs: [podRange(n)] },
    status: { addresses: [{ type: 'InternalIP', address: nodeAddress(nodes, n) }] },
  }));
  if (nodes > FEW) {
    items.push({
      apiVersion: 'podwalk/v1',
      kind: 'Topology',
      metadata: { name: 'bench' },
      networks: [{ name: 'lan', cidr: '172.20.0.0/16', gateway: '172.20.0.1' }],
      hosts: [{ name: 'client', ip: '172.20.255.250', network: 'lan' }],
    });
  }
  return items;
}

function nodeAddress(nodes, n) {
  if (nodes <= FEW) return `192.168.56.${11 + n}`;
  return `172.20.${1 + Math.floor(n / 250)}.${1 + (n % 250)}`;
}
