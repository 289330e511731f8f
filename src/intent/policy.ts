/**
 * NetworkPolicy as its specification says it, apart from everything that the datapath does (test/property holds the
 * two against each other). `judgeConnection` answers for one connection and says why; `reachability` for all pairs
 * of a cluster, by classes of ends that no policy tells apart; `judgeService` through a Service's endpoints.
 */
export {
  type AskedPolicies,
  askedOf,
  POLICY_DIFFERENCES,
  type PolicyDifference,
} from './policy-differences.ts';
export {
  distinctPorts,
  type MatrixEnd,
  matrixEnds,
  portText,
} from './policy-ends.ts';
export { endText, explainConnection } from './policy-explain.ts';
export {
  type MatrixGroup,
  type MatrixLevel,
  matrixGroups,
  type PairCount,
  pairCounter,
} from './policy-groups.ts';
export {
  type Connection,
  type DirectionVerdict,
  judgeConnection,
  type PolicyVerdict,
  type RuleMiss,
  type RuleRef,
} from './policy-judge.ts';
export { checkPolicies } from './policy-lint.ts';
export type { PortQuery } from './policy-match.ts';
export {
  KUBE_ROUTER_MODES,
  type PolicyEnd,
  type PolicyModel,
  type PolicyModes,
  policedPods,
  policyModel,
} from './policy-model.ts';
export { outsideEnds } from './policy-outside.ts';
export { type Reach, type Reachability, reachability } from './policy-reach.ts';
export { judgeService, type ServiceTarget, type ServiceVerdict, serviceTargets } from './policy-services.ts';
export { type PolicyDirectory, policyDirectory } from './policy-targets.ts';
export {
  cellWalker,
  differenceOf,
  servicePaths,
  type WalkedCell,
  type WalkedService,
  walkDestination,
  walkService,
  walkSource,
} from './policy-walk.ts';
