import type { Cluster } from '../../cluster/index.ts';
import type { Workload } from '../../k8s/index.ts';
import { controllerOf } from '../../k8s/index.ts';
import { formatTable } from '../columns.ts';
import { POD_COLUMNS } from '../columns-core.ts';
import { formatSelector, jobCompletions, jobStatus } from '../columns-workload.ts';
import { ownersIn, type PodCounts } from '../owners.ts';
import { containersOf } from '../print-pod.ts';
import { containerPage, schedulingFields } from './describe-pod.ts';
import { metadataFields } from './metadata.ts';
import { type Field, formatFields, formatSection, pairLines } from './page.ts';

/** What `kubectl describe` says of a workload, then the pods that it has. */
export function describeWorkload(workload: Workload, cluster: Cluster): string {
  const owners = ownersIn(cluster.objects);
  const owner = controllerOf(workload.meta);
  const { spec, labels } = workload.template;
  const pods = owners.podsOf(workload);
  const sets = owners.replicaSetsOf(workload).map(({ meta }) => meta.name);
  const fields: Field[] = [
    ...metadataFields(workload.meta),
    ['Selector', formatSelector(workload.selector)],
    ...(owner === undefined ? [] : [['Controlled By', `${owner.kind}/${owner.name}`] satisfies Field]),
    ...countFields(workload, owners.count(workload)),
    ...(sets.length === 0 ? [] : [['ReplicaSets', sets] satisfies Field]),
  ];
  const template: Field[] = [
    ['Labels', pairLines(labels)],
    ['Service Account', spec.serviceAccountName],
    ...schedulingFields(spec),
  ];
  const containers = containersOf(spec).map((container) => containerPage(container, spec));
  return [
    formatFields(fields),
    formatSection(
      'Pod Template',
      `${formatFields(template)}${formatSection('Containers', containers.join(''))}`,
    ),
    formatSection('Pods', pods.length === 0 ? '' : formatTable(POD_COLUMNS, pods, true)),
  ].join('');
}

function countFields(workload: Workload, { desired, current, ready }: PodCounts): Field[] {
  const replicas = `${desired} desired | ${current} total | ${ready} ready`;
  switch (workload.kind) {
    case 'Deployment':
    case 'ReplicaSet':
    case 'ReplicationController':
      return [['Replicas', replicas]];
    case 'StatefulSet':
      return [
        ['Replicas', replicas],
        ['Service Name', workload.serviceName],
      ];
    case 'DaemonSet':
      return [['Nodes Scheduled', `${current} of ${desired} desired, ${ready} ready`]];
    case 'Job':
      return [
        ['Parallelism', `${workload.parallelism}`],
        ['Completions', jobCompletions(workload)],
        ['Completion Mode', workload.indexed ? 'Indexed' : 'NonIndexed'],
        ['Status', jobStatus(workload)],
      ];
  }
}
