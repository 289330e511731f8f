import { type Culprit, decisionsOf, type Path } from '../trace/index.ts';

/** Where kube-router lets through what the specification denies, and no state or object is to blame. */
export function quirk({ verdict, hops }: Path): { readonly culprit: Culprit } | undefined {
  const [first] = decisionsOf(hops).filter(({ why }) => why === 'rule' || why === 'open');
  if (verdict !== 'delivered' || first === undefined) return undefined;
  const said = decisionsOf(hops).find(({ text }) => text.includes('kube-router')) ?? first;
  return {
    culprit: {
      place: 'network-policy',
      what: `lets through what the specification denies: ${said.text}`,
      origin: { program: 'network-policy' },
    },
  };
}
