// The network: opened once with ONNX Runtime Web, run in batches on one thread.
//
// The runtime and the network are gzip-compressed in the page.  Between batches the browser may draw and take
// input, and a job may be stopped.

const BATCH = 128;

class Stopped extends Error {}

// Long work that can be stopped; `report(done, total)` shows its progress.
class Job {
  constructor(report = () => {}) {
    this.report = report;
    this.isStopped = false;
  }

  stop() {
    this.isStopped = true;
  }

  async step(done, total) {
    this.report(done, total);
    await pause();
    if (this.isStopped) throw new Stopped();
  }
}

// Lets the browser do other work; timers would be slowed down in a tab in the background.
function pause() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { port1.close(); resolve(); };
    port2.postMessage(null);
  });
}

function bytesOfBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

async function gunzip(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function embedded(id) {
  return gunzip(bytesOfBase64(document.getElementById(id).textContent.trim()));
}

async function openNetwork() {
  const [binary, network] = await Promise.all([embedded("runtime"), embedded("network")]);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.wasm.wasmBinary = binary;
  return ort.InferenceSession.create(network, { executionProviders: ["wasm"], logSeverityLevel: 3 });
}

const opened = openNetwork();
let running = Promise.resolve(); // the runtime runs one batch at a time

// Runs at most one batch of windows: {prediction, noise_sd}, float32 (members, windows, targets).
function runBatch(windows) {
  const bases = new Uint8Array(windows.length * facts.length);
  windows.forEach(({ row }, i) => bases.set(row, i * facts.length));
  const input = new ort.Tensor("uint8", bases, [windows.length, facts.length]);
  const result = running.then(async () => {
    const outputs = await (await opened).run({ bases: input });
    return { mean: outputs.prediction.data, noise: outputs.noise_sd?.data };
  });
  running = result.catch(() => {});
  return result;
}

// Predicts windows: per window {mean, sd}, each an array over the targets; sd is null without any.
async function predictWindows(windows, job = new Job()) {
  const results = [];
  for (let first = 0; first < windows.length; first += BATCH) {
    const batch = windows.slice(first, first + BATCH);
    const strands = [await runBatch(batch)];
    if (facts.double) strands.push(await runBatch(batch.map(otherStrand)));
    batch.forEach((window, i) => results.push(combined(strands, i, batch.length, isTooAmbiguous(window))));
    await job.step(results.length, windows.length);
  }
  return results;
}

// Mean over strands and members, and SD: that of the members, with the mean predicted noise variance added.
function combined(strands, i, count, isAmbiguous) {
  const targets = facts.targets.length;
  const { members } = facts;
  const hasSd = members > 1 || facts.hasNoise;
  const mean = new Float64Array(targets).fill(NaN);
  const sd = hasSd ? new Float64Array(targets).fill(NaN) : null;
  for (let t = 0; t < targets && !isAmbiguous; t++) {
    const values = [];
    let noise = 0;
    for (let m = 0; m < members; m++) {
      const index = (m * count + i) * targets + t;
      values.push(average(strands.map((strand) => strand.mean[index])));
      if (facts.hasNoise) noise += average(strands.map((strand) => strand.noise[index])) ** 2 / members;
    }
    mean[t] = values.reduce((sum, value) => sum + value, 0) / members;
    const squares = values.reduce((sum, value) => sum + (value - mean[t]) ** 2, 0);
    if (hasSd) sd[t] = Math.sqrt((members > 1 ? squares / (members - 1) : 0) + noise);
  }
  return { mean, sd };
}

// Mean over one or two strands in float32, as on the command line.
function average(values) {
  return values.length === 1 ? values[0] : Math.fround(Math.fround(values[0] + values[1]) / 2);
}

// Predictions of one target for every base at every position, (4, size); the sequence's own where it has it.
async function saturated(window, target, value, job) {
  const changes = [];
  sequenceOf(window).forEach((reference, position) => {
    UNAMBIGUOUS.forEach((base, row) => { if (base !== reference) changes.push({ row, position, base }); });
  });
  const results = await predictWindows(changes.map(({ position, base }) => mutated(window, position, base)), job);
  const table = UNAMBIGUOUS.map(() => new Float64Array(window.size).fill(value));
  changes.forEach(({ row, position }, i) => { table[row][position] = results[i].mean[target]; });
  return table;
}
