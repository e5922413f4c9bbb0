// One sequence: its prediction, the map of all changes, and editing with the prediction following.
//
// A base is changed with a click on its cell, by typing at the marked position, or in the text field, which also
// takes insertions and deletions.

const WAIT = 150; // ms without an edit before the map is computed again

const view = {
  record: null, original: null, bases: null, history: [], cursor: 0, target: 0,
  prediction: null, first: null, table: null, job: null, timer: 0, limit: 1,
};

// Opens the sequence of a record; what the model sees of it if it is longer.
function openSequence(record) {
  const bases = sequenceOf(placed(record.bases)).slice();
  Object.assign(view, { record, original: bases, bases, history: [], cursor: 0, prediction: null, first: null, table: null });
  document.getElementById("map").replaceChildren();
  document.getElementById("sequence").hidden = false;
  writeEdited();
  followEdit();
  document.getElementById("sequence-title").focus();
  document.getElementById("sequence").scrollIntoView();
}

// Hides the sequence, which belongs to an earlier input.
function closeSequence() {
  view.job?.stop();
  clearTimeout(view.timer);
  document.getElementById("sequence").hidden = true;
}

function writeEdited() {
  document.getElementById("edited").value = unpack(view.bases);
  document.getElementById("edit-fault").textContent = "";
}

// Replaces the edited sequence, and keeps the earlier one for `undo`.
function edit(bases) {
  view.history.push(view.bases);
  view.bases = bases;
  view.cursor = Math.min(view.cursor, bases.length - 1);
  followEdit();
}

function setBase(position, base) {
  if (view.bases[position] === base) return;
  const bases = view.bases.slice();
  bases[position] = base;
  edit(bases);
  writeEdited();
}

// Predicts the edited sequence at once, and computes its map when no further edit follows.
async function followEdit() {
  view.job?.stop();
  clearTimeout(view.timer);
  const { bases, target } = view;
  const window = placed(bases);
  const [prediction] = await predictWindows([window]);
  if (view.bases !== bases) return;
  view.prediction = { ...prediction, isOut: isOutOfDistribution(window) };
  view.first ??= view.prediction;
  writeSequence();
  document.getElementById("map").classList.add("outdated");
  const wait = view.table ? WAIT : 0;
  view.timer = setTimeout(() => computeMap(window, bases, target), wait);
}

async function computeMap(window, bases, target) {
  const bar = document.getElementById("map-progress");
  const job = new Job((done, total) => { bar.hidden = false; bar.value = done / total; });
  view.job = job;
  try {
    const value = view.prediction.mean[target];
    if (Number.isNaN(value)) view.table = null;
    else view.table = await saturated(window, target, value, job);
    if (view.bases === bases && view.target === target) writeMap();
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  } finally {
    if (view.job === job) bar.hidden = true;
  }
}

function writeMap() {
  const map = document.getElementById("map");
  map.classList.remove("outdated");
  document.getElementById("legend").hidden = !view.table;
  if (!view.table) return map.replaceChildren();
  const value = view.prediction.mean[view.target];
  view.limit = drawMap(map, { bases: view.bases, table: view.table, value, choose: chooseCell });
  document.getElementById("lowest").textContent = shownNumber(-view.limit);
  document.getElementById("highest").textContent = shownNumber(view.limit, { signed: true });
  return moveCursor(view.cursor);
}

// A click changes the base of a cell; the mouse above it only moves the mark.
function chooseCell(position, row) {
  if (row === null && position === view.cursor) return;
  moveCursor(position);
  if (row !== null && row >= 0) setBase(position, UNAMBIGUOUS[row]);
}

function moveCursor(position) {
  view.cursor = Math.min(Math.max(position, 0), view.bases.length - 1);
  markPosition(document.getElementById("map"), view.cursor);
  document.getElementById("position").textContent = positionText();
}

function positionText() {
  const letter = LETTERS[view.bases[view.cursor]];
  const value = view.prediction.mean[view.target];
  const changes = UNAMBIGUOUS.filter((base) => base !== view.bases[view.cursor]).map((base) => {
    const row = BASE_NAMES.get(base);
    const change = view.table[row][view.cursor] - value;
    return `${ALPHABET[row]} ${shownNumber(change, { signed: true, decimals: decimalsOf([view.limit]) })}`;
  });
  return say("positionText", { position: view.cursor + 1, letter, changes: changes.join(", ") });
}

// Arrow keys move the mark; letters change the base there.
function mapKey(event) {
  const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -view.bases.length, End: view.bases.length };
  if (event.ctrlKey || event.metaKey || event.altKey || !view.table) return;
  if (event.key in steps) {
    event.preventDefault();
    moveCursor(view.cursor + steps[event.key]);
  } else if (/^[ACGTNacgtn]$/.test(event.key)) {
    event.preventDefault();
    setBase(view.cursor, pack(event.key)[0]);
  }
}

function editText() {
  const reading = new Reading();
  const letters = document.getElementById("edited").value.replace(/\s/g, "");
  reading.add(view.record.name, letters, 1);
  const fault = reading.faults[0];
  document.getElementById("edit-fault").textContent = fault ? say(fault.key, fault.values) : "";
  if (!fault) edit(sequenceOf(placed(reading.records[0].bases)).slice());
}

function undo() {
  if (!view.history.length) return;
  view.bases = view.history.pop();
  writeEdited();
  followEdit();
}

function resetSequence() {
  edit(view.original);
  writeEdited();
}

// Writes what depends on the language and the prediction.
function writeSequence() {
  if (!view.prediction) return;
  document.getElementById("sequence-title").textContent = say("sequenceTitle", { name: printable(view.record.name) });
  const shown = shownValues(view.prediction, view.target, results.options);
  document.getElementById("edited-value").textContent = shownNumber(shown.value);
  document.getElementById("edited-target").textContent = targetName(facts.targets[view.target]);
  const texts = [];
  if (shown.low !== undefined && !Number.isNaN(shown.low)) {
    const level = shownPercent(results.options.interval.level);
    texts.push(say("intervalText", { level, range: intervalText(shown) }));
  }
  const change = view.prediction.mean[view.target] - view.first.mean[view.target];
  if (!sameBases(view.bases, view.original)) texts.push(say("changeText", { change: shownNumber(change, { signed: true }) }));
  if (view.prediction.isOut) texts.push(say("outText"));
  if (Number.isNaN(shown.value)) texts.push(say("notPredictedText"));
  document.getElementById("edited-notes").textContent = texts.join(" · ");
  document.getElementById("legend-target").textContent = say("legend", { target: scaleName(facts.targets[view.target]) });
  document.getElementById("undo").disabled = !view.history.length;
  document.getElementById("reset").disabled = sameBases(view.bases, view.original);
  document.getElementById("compare-edited").disabled = sameBases(view.bases, view.original);
  if (view.table && !document.getElementById("map").classList.contains("outdated")) moveCursor(view.cursor);
}

function sameBases(a, b) {
  return a.length === b.length && a.every((base, i) => base === b[i]);
}

function compareEdited() {
  const edited = { name: say("edited", { name: view.record.name }), bases: view.bases };
  compareSequences({ name: view.record.name, bases: view.original }, edited);
}

function prepareSequenceView() {
  const map = document.getElementById("map");
  map.addEventListener("keydown", mapKey);
  document.getElementById("edited").addEventListener("input", editText);
  document.getElementById("undo").addEventListener("click", undo);
  document.getElementById("reset").addEventListener("click", resetSequence);
  document.getElementById("compare-edited").addEventListener("click", compareEdited);
  const choice = document.getElementById("target");
  choice.replaceChildren(...facts.targets.map((target, t) => element("option", { value: t, textContent: printable(target.name) })));
  choice.addEventListener("change", () => { view.target = Number(choice.value); view.table = null; followEdit(); });
  document.getElementById("target-choice").hidden = facts.targets.length === 1;
  let width = map.clientWidth;
  new ResizeObserver(() => {
    if (map.clientWidth === width) return;
    width = map.clientWidth;
    if (view.table && map.childElementCount) writeMap();
  }).observe(map);
}
