/** What the virtual machine found out of a cluster (inside.mjs). */
export interface Result {
  readonly name: string;
  readonly seconds: number;
  readonly error?: string;
  readonly texts?: {
    readonly texts: number;
    readonly lines: number;
    readonly differences: readonly string[];
  };
  readonly outcomes?: {
    readonly probes: number;
    readonly sent: number;
    readonly endpoints: number;
    readonly differences: readonly string[];
  };
  readonly seen?: Readonly<Record<string, readonly string[]>>;
  readonly steps?: {
    readonly probes: number;
    readonly devices: number;
    readonly rules: number;
    readonly differences: readonly string[];
  };
}

export interface Figures {
  readonly add: (result: Result) => void;
  readonly text: () => string;
}

/** Sums over clusters. */
export function figuresOf(): Figures {
  const sum = {
    clusters: 0,
    texts: 0,
    lines: 0,
    probes: 0,
    connections: 0,
    'servers seen': 0,
    'probes step by step': 0,
    'devices crossed': 0,
    'rules matched': 0,
    differences: 0,
  };
  return {
    add: ({ texts, outcomes, steps }) => {
      sum.clusters++;
      sum.texts += texts?.texts ?? 0;
      sum.lines += texts?.lines ?? 0;
      sum.probes += outcomes?.probes ?? 0;
      sum.connections += outcomes?.sent ?? 0;
      sum['servers seen'] += outcomes?.endpoints ?? 0;
      sum['probes step by step'] += steps?.probes ?? 0;
      sum['devices crossed'] += steps?.devices ?? 0;
      sum['rules matched'] += steps?.rules ?? 0;
      for (const part of [texts, outcomes, steps]) sum.differences += part?.differences.length ?? 0;
    },
    text: () =>
      Object.entries(sum)
        .map(([what, count]) => `${count.toLocaleString('en')} ${what}`)
        .join(', '),
  };
}
