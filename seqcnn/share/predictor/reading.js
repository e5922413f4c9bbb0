// Reads what was pasted or dropped: FASTA, a table with or without names of its columns, or a plain column.
//
// Ids and the column of sequences are found as `seqcnn predict` finds them; where that asks for an option, a single
// column of DNA is taken and noted.

const SEQUENCE_COLUMNS = ["sequence", "seq", "dna", "oligo", "oligo_sequence", "insert", "construct"];
const ID_COLUMNS = [
  "id", "name", "oligo", "oligo_id", "oligo_name", "seq_id", "sequence_id", "construct", "construct_id",
];
const OTHER_FORMATS = [
  [/^PK\x03\x04|^\xd0\xcf\x11\xe0/, "workbook"],
  [/^@(HD|SQ|RG|PG|CO)\t/, "SAM"],
  [/^@/, "FASTQ"],
  [/^LOCUS /, "GenBank"],
  [/^ID {3}/, "EMBL"],
  [/^(CLUSTAL|MUSCLE)/, "Clustal"],
  [/^##gff/, "GFF"],
  [/^##fileformat=VCF/, "VCF"],
];
const MAX_TITLES = 3; // rows above the names of the columns
const DNA_LETTERS = Math.max(1, Math.min(8, facts.minLength)); // of a cell that is DNA in a column of any name

function readText(text) {
  const reading = new Reading();
  const content = text.replace(/^\uFEFF/, "");
  const other = OTHER_FORMATS.find(([start]) => start.test(content.trimStart()));
  if (!content.trim()) reading.fault("nothing");
  else if (other?.[1] === "workbook") reading.fault("workbook");
  else if (other) reading.fault("otherFormat", { format: other[1] });
  else if (content.trimStart().startsWith(">")) readFasta(content, reading);
  else readTable(content, reading);
  return reading;
}

function readFasta(text, reading) {
  let header = null;
  let parts = [];
  const finish = () => header && reading.add(header.name, parts.join("").replace(/[ \t]+/g, ""), header.line);
  text.split(/\r\n|\n|\r/).forEach((line, index) => {
    if (!line.startsWith(">")) return parts.push(line);
    finish();
    header = { name: line.slice(1).trim().split(/\s+/)[0], line: index + 1 };
    parts = [];
    return null;
  });
  finish();
}

function readTable(text, reading) {
  const rows = withoutTitles(splitRows(text, delimiterOf(text)), reading);
  const width = rows[0].cells.length;
  const ragged = rows.filter(({ cells }) => cells.length !== width);
  for (const { line, cells } of ragged) reading.fault("ragged", { line, found: cells.length, expected: width });
  if (ragged.length) return;
  const isHeader = !rows[0].cells.some((cell) => isDna(cell, DNA_LETTERS)) && rows.length > 1;
  const names = isHeader ? rows.shift().cells.map((name) => name.trim()) : null;
  const columns = Array.from({ length: width }, (_, column) => rows.map(({ cells }) => cells[column].trim()));
  const sequences = sequenceColumn(names, columns, reading);
  if (sequences === null) return;
  const ids = idColumn(names, columns, sequences);
  if (ids === null) reading.note("noIds", 1, { first: `line_${rows[0].line}` });
  else if (names && names[ids] !== "id") reading.note("idsFrom", 1, { column: quoted(names[ids]) });
  rows.forEach(({ line }, row) => {
    reading.add(ids === null ? `line_${line}` : columns[ids][row], columns[sequences][row], line);
  });
}

// Rows without titles above the names of columns, as the command finds them: rows of one cell, at most three.
function withoutTitles(rows, reading) {
  const filled = ({ cells }) => cells.map((cell) => cell.trim()).filter(Boolean);
  const isTitle = (row) => filled(row).length === 1 && ![...ID_COLUMNS, ...SEQUENCE_COLUMNS].includes(filled(row)[0].toLowerCase());
  for (let count = 1; count <= Math.min(MAX_TITLES, rows.length - 1) && isTitle(rows[count - 1]); count++) {
    const names = filled(rows[count]);
    if (names.length > 1 && !names.some((name) => /^[+-]?[\d.,]+$/.test(name) || isDna(name, DNA_LETTERS))) {
      reading.note("titles", count, { text: quoted(filled(rows[0])[0]) });
      return rows.slice(count);
    }
  }
  return rows;
}

// Tab, semicolon or comma of the first lines; blanks if they separate as many words in every line; else none.
function delimiterOf(text) {
  const lines = text.split(/\r\n|\n|\r/).filter((line) => line.trim());
  const first = lines.slice(0, MAX_TITLES + 1).join("\n").replace(/"([^"]|"")*"/g, "");
  if (first.includes("\t")) return "\t";
  const count = (letter) => first.split(letter).length - 1;
  if (count(";") || count(",")) return count(";") > count(",") ? ";" : ",";
  const words = (line) => line.trim().split(/\s+/).length;
  return words(lines[0]) > 1 && lines.every((line) => words(line) === words(lines[0])) ? " " : null;
}

// Rows with cells, {line, cells}; cells in quotes may hold delimiters and line ends.
function splitRows(text, delimiter) {
  const rows = [];
  let row = { line: 1, cells: [] };
  let line = 1;
  let cell = "";
  let isQuoted = false;
  const endRow = () => {
    row.cells.push(cell);
    if (row.cells.some((content) => content.trim())) {
      rows.push(delimiter === " " ? { line: row.line, cells: row.cells[0].trim().split(/\s+/) } : row);
    }
    cell = "";
    row = { line, cells: [] };
  };
  const content = text.replace(/\r\n?/g, "\n");
  for (let i = 0; i < content.length; i++) {
    const letter = content[i];
    if (letter === "\n") line++;
    if (isQuoted) {
      if (letter !== '"') cell += letter;
      else if (content[i + 1] === '"') { cell += letter; i++; } else isQuoted = false;
    } else if (letter === '"' && cell === "") isQuoted = true;
    else if (letter === "\n") endRow();
    else if (letter === delimiter && delimiter !== " ") { row.cells.push(cell); cell = ""; } else cell += letter;
  }
  endRow();
  return rows;
}

function isDna(cell, letters = 1) {
  const text = cell.trim();
  return text.length >= letters && !MISSING.has(text.toLowerCase()) && !pack(text).includes(INVALID);
}

function isMostlyDna(cells, letters) {
  const given = cells.slice(0, 1000).filter((cell) => cell && !MISSING.has(cell.toLowerCase()));
  return 2 * given.filter((cell) => isDna(cell, letters)).length > given.length;
}

// Index of the column with the sequences; null, and a fault, if there is none or several.
function sequenceColumn(names, columns, reading) {
  const all = columns.map((_, column) => column);
  const exact = names?.indexOf("sequence") ?? -1;
  if (exact >= 0) return exact;
  const named = all.filter((column) => SEQUENCE_COLUMNS.includes(names?.[column].toLowerCase()));
  let candidates = named.filter((column) => isMostlyDna(columns[column], 1));
  if (!candidates.length) candidates = all.filter((column) => isMostlyDna(columns[column], DNA_LETTERS));
  if (candidates.length === 1) {
    const [column] = candidates;
    if (names) reading.note("sequencesFrom", 1, { column: quoted(names[column]) });
    return column;
  }
  const titles = candidates.map((column) => (names ? quoted(names[column]) : column + 1)).join(", ");
  if (candidates.length) reading.fault("severalColumns", { columns: titles });
  else reading.fault("noDna", { found: quoted(columns[0][0]) });
  return null;
}

// Index of the column with the ids; null if there is none: the sequences come first, or numbers do.
function idColumn(names, columns, sequences) {
  const exact = names?.indexOf("id") ?? -1;
  if (exact >= 0 && exact !== sequences) return exact;
  const named = (names ?? []).map((name, column) => (ID_COLUMNS.includes(name.toLowerCase()) ? column : -1))
    .filter((column) => column >= 0 && column !== sequences);
  if (named.length === 1) return named[0];
  const first = names || sequences === 0 ? 0 : columns.findIndex((_, column) => column !== sequences);
  const holdsFractions = columns[first].every((cell) => cell === "" || /^[+-]?\d*[.,]\d+([eE][+-]?\d+)?$|^[+-]?\d+$/.test(cell))
    && columns[first].some((cell) => /[.,]/.test(cell));
  return first === sequences || holdsFractions ? null : first;
}
