// Two sequences base by base, without gaps: where they differ, and what each difference alone changes.
//
// Sequences of different lengths are aligned as the model aligns them.  A difference is put into each of the two
// sequences alone; where the two effects disagree, bases act together.

const comparison = { pair: null, predictions: null, differences: [], job: null };
const MAX_SHOWN = 500; // differences in the table

// Differing positions, from 0 in each sequence, and those of the second relative to the first.
function differencesOf(a, b) {
  const shift = offsetOf(Math.abs(a.length - b.length)) * Math.sign(a.length - b.length);
  const positions = [];
  for (let i = Math.max(shift, 0); i < Math.min(a.length, b.length + shift); i++) {
    if (a[i] !== b[i - shift]) positions.push({ inA: i, inB: i - shift });
  }
  return { positions, shift };
}

async function compareSequences(first, second) {
  comparison.job?.stop();
  const pair = [first, second].map(({ name, bases }) => ({ name, bases: sequenceOf(placed(bases)).slice() }));
  const job = new Job();
  Object.assign(comparison, { pair, predictions: null, differences: [], job });
  document.getElementById("comparison").hidden = false;
  try {
    const [a, b] = pair.map(({ bases }) => bases);
    const windows = [placed(a), placed(b)];
    const { positions } = differencesOf(a, b);
    const changed = positions.flatMap(({ inA, inB }) => [mutated(windows[0], inA, b[inB]), mutated(windows[1], inB, a[inA])]);
    const all = await predictWindows([...windows, ...changed], job);
    comparison.predictions = windows.map((window, i) => ({ ...all[i], isOut: isOutOfDistribution(window) }));
    comparison.differences = positions.map((place, i) => ({ ...place, toB: all[2 + 2 * i], toA: all[3 + 2 * i] }));
    writeComparison();
    document.getElementById("comparison-title").focus();
    document.getElementById("comparison").scrollIntoView();
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
}

function closeComparison() {
  comparison.job?.stop();
  comparison.pair = null;
  document.getElementById("comparison").hidden = true;
}

function writeComparison() {
  if (!comparison.predictions) return;
  const { target } = view;
  const [a, b] = comparison.predictions.map((row) => shownValues(row, target, results.options));
  const means = comparison.predictions.map(({ mean }) => mean[target]);
  const [first, second] = comparison.pair.map(({ name }) => quoted(name));
  document.getElementById("comparison-summary").textContent = say("comparisonSummary", {
    first, second, a: shownNumber(a.value), b: shownNumber(b.value),
    change: shownNumber(means[1] - means[0], { signed: true }), count: shownCount(comparison.differences.length),
    target: scaleName(facts.targets[target]),
  });
  writeAligned();
  const rows = [...comparison.differences].sort((x, y) => Math.abs(effect(y)) - Math.abs(effect(x)));
  const decimals = decimalsOf(rows.flatMap((row) => [effect(row), effectBack(row)]));
  const shown = rows.slice(0, MAX_SHOWN).map((row) => differenceRow(row, { signed: true, decimals }));
  document.getElementById("differences").replaceChildren(...shown);
  document.getElementById("difference-table").hidden = !rows.length;
  document.getElementById("head-first").textContent = say("effectIn", { name: first });
  document.getElementById("head-second").textContent = say("effectIn", { name: second });
}

// Change of the first sequence's prediction by one difference alone.
function effect({ toB }) {
  return toB.mean[view.target] - comparison.predictions[0].mean[view.target];
}

// Change of the second sequence's prediction by the reverse of a difference alone.
function effectBack({ toA }) {
  return toA.mean[view.target] - comparison.predictions[1].mean[view.target];
}

function differenceRow(difference, form) {
  const [a, b] = comparison.pair.map(({ bases }) => bases);
  const letters = [LETTERS[a[difference.inA]], LETTERS[b[difference.inB]]];
  return element(
    "tr", {},
    element("th", { scope: "row", textContent: difference.inA + 1 }),
    element("td", { textContent: `${letters[0]} → ${letters[1]}` }),
    element("td", { textContent: shownNumber(effect(difference), form) }),
    element("td", { textContent: `${letters[1]} → ${letters[0]}` }),
    element("td", { textContent: shownNumber(effectBack(difference), form) }),
  );
}

// The two sequences below each other in lines of whole tens of bases.
function writeAligned() {
  const box = document.getElementById("aligned");
  const [a, b] = comparison.pair.map(({ bases }) => unpack(bases));
  const { shift } = differencesOf(...comparison.pair.map(({ bases }) => bases));
  const upper = " ".repeat(Math.max(-shift, 0)) + a;
  const lower = " ".repeat(Math.max(shift, 0)) + b;
  const columns = columnsOf(Math.max(upper.length, lower.length), box.clientWidth - 70, 9);
  const lines = [];
  for (let first = 0; first < Math.max(upper.length, lower.length); first += columns) {
    const parts = [upper, lower].map((text) => text.slice(first, first + columns));
    lines.push(element("div", { className: "pair" }, lineOf(first + 1, parts[0], parts[1]), lineOf("", parts[1], parts[0])));
  }
  box.replaceChildren(...lines);
}

function lineOf(number, letters, others) {
  const parts = Array.from(letters, (letter, i) => {
    const isDifferent = letter !== others[i] && letter !== " " && (others[i] ?? " ") !== " ";
    return isDifferent ? element("mark", { textContent: letter }) : letter;
  });
  return element("div", {}, element("span", { className: "line-number", textContent: number }), ...parts);
}
