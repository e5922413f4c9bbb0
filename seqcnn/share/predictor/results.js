// The table of predictions: sorted by any column, a hundred rows at a time, and as a file.
//
// A row is {record, window, mean, sd, isOut, order}.  `options` are {interval, byLevel}.

const PAGE_ROWS = 100;
const FORMULA = /^[=+\-@\t\r\n]/;

const results = { rows: [], options: {}, sort: null, first: 0, compared: [] };

function showResults(rows, options) {
  Object.assign(results, { rows, options, sort: null, first: 0, compared: [] });
  writeResults();
}

// Columns of the table: label, value of a row, and whether larger values come first.
function resultColumns() {
  const columns = [
    { label: say("columnId"), value: (row) => row.record.name },
    { label: say("columnLength"), value: (row) => row.record.bases.length, cell: (row) => shownCount(row.record.bases.length) },
  ];
  facts.targets.forEach((target, t) => {
    const shown = (row) => shownValues(row, t, results.options);
    const form = { decimals: decimalsOf(results.rows.map((row) => shown(row).value)) };
    const add = (name, value) => columns.push({ label: name, value, cell: (row) => shownNumber(value(row), form) });
    add(targetName(target), (row) => shown(row).value);
    if (facts.members > 1 || facts.hasNoise) add(say("columnSd"), (row) => shown(row).sd);
    const { interval } = results.options;
    if (interval) {
      const label = say("columnInterval", { level: shownPercent(interval.level) });
      const width = (row) => shown(row).high - shown(row).low;
      columns.push({ label, value: width, cell: (row) => intervalText(shown(row), form) });
    }
  });
  if (facts.thresholds) columns.push({ label: say("columnOut"), value: (row) => Number(row.isOut), cell: flagText });
  return columns;
}

function intervalText({ low, high }, form) {
  return Number.isNaN(low) ? "–" : say("range", { low: shownNumber(low, form), high: shownNumber(high, form) });
}

function flagText(row) {
  return row.isOut ? element("strong", { className: "flag", textContent: say("yes") }) : say("no");
}

function writeResults() {
  const section = document.getElementById("results");
  section.hidden = !results.rows.length;
  if (section.hidden) return;
  const columns = resultColumns();
  const head = columns.map((column, number) => headCell(column.label, number));
  const compare = element("th", { scope: "col", textContent: say("columnCompare") });
  document.getElementById("table-head").replaceChildren(element("tr", {}, ...head, compare));
  const shown = sortedRows(columns).slice(results.first, results.first + PAGE_ROWS);
  document.getElementById("table-body").replaceChildren(...shown.map((row) => bodyRow(row, columns)));
  const values = { first: results.first + 1, last: results.first + shown.length, total: shownCount(results.rows.length) };
  document.getElementById("shown-rows").textContent = say("shownRows", values);
  document.getElementById("previous").disabled = results.first === 0;
  document.getElementById("next").disabled = results.first + PAGE_ROWS >= results.rows.length;
  document.getElementById("pages").hidden = results.rows.length <= PAGE_ROWS;
}

function headCell(label, number) {
  const cell = element("th", { scope: "col" });
  if (results.sort?.number === number) {
    cell.setAttribute("aria-sort", results.sort.falling ? "descending" : "ascending");
  }
  const button = element("button", { type: "button", textContent: label });
  button.addEventListener("click", () => {
    const isSame = results.sort?.number === number;
    results.sort = { number, falling: isSame ? !results.sort.falling : number > 0 };
    results.first = 0;
    writeResults();
    document.querySelectorAll("#table-head button")[number].focus();
  });
  cell.append(button);
  return cell;
}

// Rows in the order of the chosen column; those without a value stay last.
function sortedRows(columns) {
  if (!results.sort) return results.rows;
  const { number, falling } = results.sort;
  const values = new Map(results.rows.map((row) => [row, columns[number].value(row)]));
  return [...results.rows].sort((a, b) => {
    const [x, y] = [values.get(a), values.get(b)];
    if (typeof x === "string") return (falling ? -1 : 1) * x.localeCompare(y, "en", { numeric: true });
    if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
    return falling ? y - x : x - y;
  });
}

function bodyRow(row, columns) {
  const open = element("button", { type: "button", className: "link", textContent: printable(row.record.name) });
  open.addEventListener("click", () => openSequence(row.record, row));
  const cells = columns.slice(1).map((column) => element("td", {}, column.cell(row)));
  const name = quoted(row.record.name);
  const box = element("input", { type: "checkbox", "aria-label": say("compareRow", { name }) });
  box.checked = results.compared.includes(row);
  box.addEventListener("change", () => chooseCompared(row, box.checked));
  return element("tr", {}, element("th", { scope: "row" }, open), ...cells, element("td", {}, box));
}

// Keeps the two rows that were chosen last.
function chooseCompared(row, isChosen) {
  const others = results.compared.filter((other) => other !== row);
  results.compared = isChosen ? [...others, row].slice(-2) : others;
  const boxes = document.querySelectorAll("#table-body input");
  const columns = resultColumns();
  sortedRows(columns).slice(results.first, results.first + PAGE_ROWS).forEach((shown, i) => {
    boxes[i].checked = results.compared.includes(shown);
  });
  if (results.compared.length === 2) compareSequences(...results.compared.map(({ record }) => record));
  else closeComparison();
}

// The table as `seqcnn predict -o x.csv` writes it, with ids that look like formulas in a safe form.
function resultsFile() {
  const { options } = results;
  const names = ["id"];
  for (const { name } of facts.targets) {
    names.push(name);
    if (facts.members > 1 || facts.hasNoise) names.push(`${name}_sd`);
    if (options.interval) names.push(`${name}_low`, `${name}_high`);
  }
  if (facts.thresholds) names.push("out_of_distribution");
  const lines = [names.map((name) => textCell(name)), ...results.rows.map((row) => fileCells(row, options))];
  return `${lines.map((cells) => cells.join(",")).join("\n")}\n`;
}

function fileCells(row, options) {
  const cells = [textCell(row.record.name)];
  facts.targets.forEach((_, t) => {
    const { value, sd, low, high } = shownValues(row, t, options);
    const numbers = [value, ...(sd === undefined ? [] : [sd]), ...(options.interval ? [low, high] : [])];
    cells.push(...numbers.map((number) => (Number.isNaN(number) ? "NA" : String(+number.toPrecision(7)))));
  });
  if (facts.thresholds) cells.push(row.isOut ? "yes" : "no");
  return cells;
}

function textCell(text) {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[,;\t"\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function download(text, name, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
