// Input, options, and the work that follows: reads the sequences, predicts them, shows results or faults.

const MAX_FILE = 100e6; // bytes
const MAX_FAULTS = 5;

const byId = (id) => document.getElementById(id);
const work = { job: null, status: null, reading: null, file: null };

function writeStatus() {
  byId("status").textContent = work.status ? say(work.status.key, work.status.values) : "";
  writeFaults();
  writeNotes();
}

function setStatus(key, values = {}) {
  work.status = { key, values };
  byId("status").textContent = say(key, values);
}

function writeFaults() {
  const faults = work.reading?.faults ?? [];
  const shown = faults.slice(0, MAX_FAULTS).map(({ key, values }) => element("li", { textContent: say(key, values) }));
  if (faults.length > MAX_FAULTS) {
    shown.push(element("li", { textContent: say("moreFaults", { count: shownCount(faults.length - MAX_FAULTS) }) }));
  }
  byId("faults").replaceChildren(...(shown.length ? [element("p", { textContent: say("refused") }), element("ul", {}, ...shown)] : []));
}

function writeNotes() {
  const notes = [...(work.reading?.notes ?? [])];
  byId("notes").replaceChildren(...notes.map(([key, { count, values }]) =>
    element("li", { textContent: say(key, { count: shownCount(count), ...values }) })));
}

function chosenOptions() {
  const chosen = byId("level").value; // empty without intervals
  const interval = chosen === "" ? null : facts.intervals[Number(chosen)];
  return { interval, byLevel: Boolean(interval && byId("by-level").checked && supportsLevels(interval)) };
}

async function predict() {
  work.job?.stop();
  work.file = null;
  work.reading = readText(byId("text").value);
  writeFaults();
  writeNotes();
  showResults([], chosenOptions());
  closeComparison();
  closeSequence();
  if (work.reading.faults.length) return setStatus("notRead", { count: shownCount(work.reading.faults.length) });
  const { records } = work.reading;
  const job = new Job((done, total) => {
    byId("progress").value = done / total;
    setStatus("working", { done: shownCount(done), total: shownCount(total) });
  });
  startWork(job);
  try {
    const windows = records.map(({ bases }) => placed(bases));
    const outputs = await predictWindows(windows, job);
    const rows = outputs.map((output, i) => (
      { ...output, record: records[i], window: windows[i], isOut: isOutOfDistribution(windows[i]) }));
    finishPrediction(rows);
  } catch (error) {
    if (error instanceof Stopped) setStatus("stopped");
    else setStatus("failed", { reason: String(error.message ?? error) });
  } finally {
    if (work.job === job) endWork();
  }
  return null;
}

function startWork(job) {
  work.job = job;
  setStatus("opening");
  byId("progress").value = 0;
  for (const id of ["progress", "stop"]) byId(id).hidden = false;
}

function endWork() {
  for (const id of ["progress", "stop"]) byId(id).hidden = true;
}

function finishPrediction(rows) {
  const notPredicted = rows.filter(({ mean }) => Number.isNaN(mean[0])).length;
  const out = rows.filter(({ isOut }) => isOut).length;
  work.reading.note("notPredicted", notPredicted);
  work.reading.note("outNote", out, { total: shownCount(rows.length), rate: shownPercent(facts.thresholds?.rate ?? 0) });
  writeNotes();
  showResults(rows, chosenOptions());
  setStatus("done", { count: shownCount(rows.length) });
  byId("results-title").focus();
  byId("results").scrollIntoView();
}

// Puts the content of a file into the text field; gzip is unpacked.
async function readFile(file) {
  if (file.size > MAX_FILE) return refuseFile("fileTooLarge", { name: quoted(file.name), size: MAX_FILE / 1e6 });
  let bytes = new Uint8Array(await file.arrayBuffer());
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = await gunzip(bytes);
  } catch {
    return refuseFile("damagedGzip", { name: quoted(file.name) });
  }
  const isWide = bytes[0] === 0xff && bytes[1] === 0xfe;
  const text = new TextDecoder(isWide ? "utf-16le" : "utf-8").decode(bytes);
  if (/^PK\x03\x04/.test(text)) return refuseFile("workbook");
  if (text.includes("\0")) return refuseFile("notText", { name: quoted(file.name) });
  byId("text").value = text;
  return predict();
}

function refuseFile(key, values = {}) {
  work.reading = new Reading();
  work.reading.fault(key, values);
  writeStatus();
}

function prepareInput() {
  byId("predict").addEventListener("click", predict);
  byId("stop").addEventListener("click", () => work.job?.stop());
  byId("file").addEventListener("change", () => { if (byId("file").files[0]) readFile(byId("file").files[0]); byId("file").value = ""; });
  byId("example").addEventListener("click", () => {
    const letters = [1, 2, 3, 4].map((seed) => `>${say("exampleName")}_${seed}\n${exampleSequence(seed * 7919)}`);
    byId("text").value = `${letters.join("\n")}\n`;
    predict();
  });
  byId("text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) predict();
  });
  const input = byId("input");
  input.addEventListener("dragover", (event) => { event.preventDefault(); input.classList.add("dropping"); });
  input.addEventListener("dragleave", () => input.classList.remove("dropping"));
  input.addEventListener("drop", (event) => {
    event.preventDefault();
    input.classList.remove("dropping");
    const [file] = event.dataTransfer.files;
    const text = event.dataTransfer.getData("text");
    if (file) readFile(file);
    else if (text) { byId("text").value = text; predict(); }
  });
}

function prepareOptions() {
  const write = () => {
    const chosen = byId("level").value;
    const options = facts.intervals.map(({ level }, i) => element("option", { value: i, textContent: `${shownPercent(level)} %` }));
    byId("level").replaceChildren(element("option", { value: "", textContent: say("noInterval") }), ...options);
    const ninety = facts.intervals.findIndex(({ level }) => level === 0.9);
    byId("level").value = work.isReady ? chosen : String(ninety >= 0 ? ninety : "");
    work.isReady = true;
  };
  whenLanguageChanges(write);
  byId("interval-choice").hidden = !facts.intervals.length;
  byId("by-level-choice").hidden = !facts.intervals.some(supportsLevels);
  for (const id of ["level", "by-level"]) {
    byId(id).addEventListener("change", () => {
      results.options = chosenOptions();
      byId("by-level").disabled = !results.options.interval || !supportsLevels(results.options.interval);
      results.sort = null;
      for (const rewrite of [writeResults, writeSequence, writeComparison]) rewrite();
    });
  }
}

function prepareResults() {
  byId("download").addEventListener("click", () => download(resultsFile(), "predictions.csv", "text/csv"));
  const turn = (step) => () => { results.first += step * PAGE_ROWS; writeResults(); byId("results-title").focus(); };
  byId("previous").addEventListener("click", turn(-1));
  byId("next").addEventListener("click", turn(1));
  byId("close-comparison").addEventListener("click", () => { results.compared = []; writeResults(); closeComparison(); });
}

prepareInput();
prepareOptions();
prepareResults();
prepareSequenceView();
prepareAbout();
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => setLanguage(LANGUAGES.indexOf(button.dataset.language)));
}
for (const write of [writeStatus, writeResults, writeSequence, writeComparison]) whenLanguageChanges(write);
results.options = {};
setLanguage(language);
results.options = chosenOptions();
opened.then(
  () => { if (!work.status && !work.reading) setStatus("ready"); },
  (error) => setStatus("failed", { reason: String(error.message ?? error) }),
);
