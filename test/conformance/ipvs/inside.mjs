/**
 * Runs in the virtual machine: `node inside.mjs PLAN RESULTS`. The plan is a list of clusters (manifests and settings)
 * and what is to be found out of each; a result a line is written as soon as it is there. Needs a build of podwalk.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { buildCluster } from '../../../dist/cluster/index.js';
import { loadCluster, readSources } from '../../../dist/k8s/index.js';
import {
  conformCluster,
  conformOutcomes,
  conformTexts,
  openLab,
  probesOf,
  readProbe,
  renderDifference,
  renderOutcomeDifference,
  renderTextDifference,
  seeOutcomes,
  seeSeries,
} from '../../../dist/lab/index.js';

const PREFIX = 'vm-';

function load({ files, set }) {
  const loaded = loadCluster(readSources(files).sources, { set });
  const cluster = buildCluster(loaded.objects);
  const errors = [...loaded.diagnostics, ...cluster.diagnostics].filter(
    ({ severity }) => severity === 'error',
  );
  if (errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  return cluster;
}

function flowsOf(cluster, flows) {
  return flows.map((flow) => {
    const probe = readProbe(cluster, flow, 'default');
    if (typeof probe === 'string') throw new Error(`${flow}: ${probe}`);
    return probe;
  });
}

/** The TTL of a stream is set for its whole namespace: such probes cannot be sent beside others. */
function atOnce(cluster, count) {
  const all = probesOf(cluster, { seed: 1, count: 4 * count });
  return all
    .filter(({ request }) => request.ttl === undefined || request.destination.protocol !== 'tcp')
    .slice(0, count);
}

async function inLab(cluster, watch, work) {
  const lab = await openLab(cluster, PREFIX, { watch });
  try {
    return await work(lab);
  } finally {
    await lab.close();
  }
}

/** Of each flow what clients saw; of a series, connection after connection. */
async function modeAnswers(cluster, lab, asked, probes) {
  const out = {};
  for (const [i, { flow, count }] of asked.entries()) {
    const probe = probes[i];
    if (count === undefined) {
      const [seen] = await seeOutcomes(cluster, lab, [probe]);
      out[flow] = [...seen.counts.keys()].sort();
    } else out[flow] = await seeSeries(lab, probe, count);
  }
  return out;
}

async function examine(item) {
  const cluster = load(item);
  const result = {};
  // Before the lab: what they need of the world outside is built with it.
  const probes = atOnce(cluster, item.probes ?? 0);
  const steps = probesOf(cluster, { seed: 2, count: item.steps ?? 0 });
  const flows = flowsOf(
    cluster,
    (item.seen ?? []).map(({ flow }) => flow),
  );
  if (item.seen !== undefined) {
    await inLab(cluster, false, async (lab) => {
      result.seen = await modeAnswers(cluster, lab, item.seen, flows);
    });
    return result;
  }
  await inLab(cluster, false, async (lab) => {
    if (item.texts) {
      const texts = await conformTexts(cluster.world, PREFIX, { anyBuild: true });
      result.texts = { ...texts, differences: texts.differences.map(renderTextDifference) };
    }
    if (item.probes > 0) {
      const outcomes = await conformOutcomes(cluster, lab, probes);
      result.outcomes = { ...outcomes, differences: outcomes.differences.map(renderOutcomeDifference) };
    }
  });
  if (item.steps > 0) {
    const how = { cluster: item.files.map((file) => `-f ${file}`).join(' '), verbose: true };
    await inLab(cluster, true, async (lab) => {
      const found = await conformCluster(cluster, lab, steps, { untracedReturns: true });
      const { repeated, devices, rules, differences } = found;
      result.steps = {
        probes: found.probes,
        repeated,
        devices,
        rules,
        differences: differences.map((difference) => renderDifference(difference, how)),
      };
    });
  }
  return result;
}

const [plan, results] = process.argv.slice(2);
for (const item of JSON.parse(readFileSync(plan, 'utf8'))) {
  const start = performance.now();
  let result;
  try {
    result = await examine(item);
  } catch (error) {
    result = { error: error instanceof Error ? `${error.stack}` : `${error}` };
  }
  const seconds = Math.round((performance.now() - start) / 1000);
  appendFileSync(results, `${JSON.stringify({ name: item.name, seconds, ...result })}\n`);
}
