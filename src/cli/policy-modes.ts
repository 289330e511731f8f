import type { PolicyModes } from '../intent/index.ts';

/** What `--mode KEY=VALUE` takes; the first value of each is kube-router's. */
export const POLICY_MODES: Readonly<Record<keyof PolicyModes, readonly string[]>> = {
  hairpin: ['either', 'both', 'allowed'],
  hostNetwork: ['node', 'pod'],
  serviceAddress: ['after-dnat', 'before-dnat'],
  endPort: ['range', 'first'],
};
