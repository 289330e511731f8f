import { describe, expect, it } from 'vitest';
import { loadCluster } from '../../../src/k8s/index.ts';
import { printPod } from '../../../src/render/print-pod.ts';

/** READY, STATUS and RESTARTS of a pod whose spec and status are given as YAML flow mappings. */
function printed(spec: string, status: string, meta = ''): string {
  const text = `apiVersion: v1\nkind: Pod\nmetadata: {name: p${meta}}\nspec: ${spec}\nstatus: ${status}\n`;
  const { objects, diagnostics } = loadCluster([{ file: 'p.yaml', text }]);
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  const [pod] = objects.pods;
  if (pod === undefined) throw new Error('no pod');
  const { ready, status: word, restarts } = printPod(pod);
  return `${ready} ${word} ${restarts}`;
}

const ONE = '{containers: [{name: c, image: i}]}';
const TWO = '{containers: [{name: c, image: i}, {name: d, image: i}]}';
const READY = 'conditions: [{type: Ready, status: "True"}, {type: Initialized, status: "True"}]';
const UP = '{name: c, ready: true, restartCount: 2, state: {running: {}}}';

describe('a pod is printed as kubectl prints it', () => {
  it('running, with the restarts of its containers', () => {
    expect(printed(ONE, `{phase: Running, ${READY}, containerStatuses: [${UP}]}`)).toBe('1/1 Running 2');
  });

  it('without a status as one that runs, and Pending as Pending', () => {
    expect(printed(TWO, '{}')).toBe('2/2 Running 0');
    expect(printed(TWO, '{phase: Pending}')).toBe('0/2 Pending 0');
  });

  it('by what a container waits for', () => {
    const waiting = (reason: string, phase: string) =>
      `{phase: ${phase}, containerStatuses: [{name: c, ready: false, restartCount: 7, state: {waiting: {reason: ${reason}}}}]}`;
    expect(printed(ONE, waiting('CrashLoopBackOff', 'Running'))).toBe('0/1 CrashLoopBackOff 7');
    expect(printed(ONE, waiting('ImagePullBackOff', 'Pending'))).toBe('0/1 ImagePullBackOff 7');
    expect(printed(ONE, waiting('ContainerCreating', 'Pending'))).toBe('0/1 ContainerCreating 7');
  });

  it('by how a container ended: its reason, else its signal or its exit code', () => {
    const ended = (end: string) =>
      `{phase: Failed, containerStatuses: [{name: c, ready: false, restartCount: 0, state: {terminated: ${end}}}]}`;
    expect(printed(ONE, ended('{reason: Error, exitCode: 1}'))).toBe('0/1 Error 0');
    expect(printed(ONE, ended('{exitCode: 137, signal: 9}'))).toBe('0/1 Signal:9 0');
    expect(printed(ONE, ended('{exitCode: 3}'))).toBe('0/1 ExitCode:3 0');
  });

  it('evicted, with the reason of the pod itself', () => {
    expect(printed(ONE, '{phase: Failed, reason: Evicted, message: low on memory}')).toBe('0/1 Evicted 0');
  });

  it('Completed and Error where a finished pod leaves out its containers', () => {
    expect(printed(ONE, '{phase: Succeeded}')).toBe('0/1 Completed 0');
    expect(printed(ONE, '{phase: Failed}')).toBe('0/1 Error 0');
  });

  it('Running where one container is done and another runs, NotReady without the condition', () => {
    const done =
      '{name: d, ready: false, restartCount: 0, state: {terminated: {reason: Completed, exitCode: 0}}}';
    expect(printed(TWO, `{phase: Running, ${READY}, containerStatuses: [${done}, ${UP}]}`)).toBe(
      '1/2 Running 2',
    );
    expect(printed(TWO, `{phase: Running, containerStatuses: [${done}, ${UP}]}`)).toBe('1/2 NotReady 2');
  });

  it('while its init containers run, by number, reason or exit code', () => {
    const spec =
      '{initContainers: [{name: a, image: i}, {name: b, image: i}], containers: [{name: c, image: i}]}';
    const done =
      '{name: a, restartCount: 0, ready: true, state: {terminated: {reason: Completed, exitCode: 0}}}';
    const status = (state: string) =>
      `{phase: Pending, initContainerStatuses: [${done}, {name: b, restartCount: 4, ready: false, state: ${state}}], containerStatuses: [{name: c, ready: false, restartCount: 0, state: {waiting: {reason: PodInitializing}}}]}`;
    expect(printed(spec, status('{running: {}}'))).toBe('0/1 Init:1/2 4');
    expect(printed(spec, status('{waiting: {reason: CrashLoopBackOff}}'))).toBe(
      '0/1 Init:CrashLoopBackOff 4',
    );
    expect(printed(spec, status('{waiting: {reason: PodInitializing}}'))).toBe('0/1 Init:1/2 4');
    expect(printed(spec, status('{terminated: {exitCode: 2}}'))).toBe('0/1 Init:ExitCode:2 4');
  });

  it('counts a sidecar among the containers', () => {
    const spec =
      '{initContainers: [{name: s, image: i, restartPolicy: Always}], containers: [{name: c, image: i}]}';
    const side = '{name: s, restartCount: 1, started: true, ready: true, state: {running: {}}}';
    expect(
      printed(
        spec,
        `{phase: Running, ${READY}, initContainerStatuses: [${side}], containerStatuses: [${UP}]}`,
      ),
    ).toBe('2/2 Running 3');
  });

  it('Terminating once it is deleted, Unknown on a lost node, and as it ended when it had', () => {
    const deleted = ', deletionTimestamp: "2026-01-01T00:00:00Z"';
    expect(printed(ONE, '{phase: Running}', deleted)).toBe('1/1 Terminating 0');
    expect(printed(ONE, '{phase: Running, reason: NodeLost}', deleted)).toBe('1/1 Unknown 0');
    expect(printed(ONE, '{phase: Succeeded}', deleted)).toBe('0/1 Completed 0');
  });

  it('SchedulingGated while its spec has gates', () => {
    const gated = '{schedulingGates: [{name: example.com/wait}], containers: [{name: c, image: i}]}';
    expect(printed(gated, '{}')).toBe('0/1 SchedulingGated 0');
  });
});
