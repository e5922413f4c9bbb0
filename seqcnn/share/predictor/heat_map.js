// Heat map of all single-base changes of a sequence, with its logo, in lines that fit the screen.
//
// Colour is the change of the prediction with a base at a position: red raises it, blue lowers it.  The height of a
// letter is the prediction minus its mean with the other three bases at this position.

const SVG = "http://www.w3.org/2000/svg";
const COLUMN = 12; // width of a base
const ROW = 13; // height of a row of the map
const LOGO = 54;
const LEFT = 16;
const TOP = 4;
const MAP_TOP = TOP + LOGO + 8;
const LINE_HEIGHT = MAP_TOP + 4 * ROW + 18;
const MAX_SCALE = 1.5; // of a line that is narrower than the screen
const BASE_NAMES = new Map(UNAMBIGUOUS.map((base, row) => [base, row]));

function drawing(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Height of the letter of each position; 0 at ambiguous bases.
function letterHeights(bases, table, value) {
  return Array.from(bases, (base, position) => {
    const own = BASE_NAMES.get(base);
    if (own === undefined) return 0;
    const others = table.filter((_, row) => row !== own).reduce((sum, row) => sum + row[position], 0);
    return value - others / 3;
  });
}

// Draws the lines of a map into an element; `choose(position, row)` is called for a cell, row -1 for the letter.
function drawMap(container, { bases, table, value, choose }) {
  const effects = table.map((row) => row.map((prediction) => prediction - value));
  const limit = largest(effects.map((row) => largest(row))) || 1;
  const heights = letterHeights(bases, table, value);
  const columns = columnsOf(bases.length, container.clientWidth - LEFT - 4, COLUMN);
  const range = [Math.min(0, ...heights), Math.max(0, ...heights)];
  const scale = Math.min(MAX_SCALE, container.clientWidth / (LEFT + columns * COLUMN + 4));
  const lines = [];
  for (let first = 0; first < bases.length; first += columns) {
    const last = Math.min(first + columns, bases.length);
    lines.push(mapLine({ bases, effects, limit, heights, range, first, last, scale, choose }));
  }
  container.replaceChildren(...lines);
  return limit;
}

// Columns of lines of about one length, whole tens, that fit a width.
function columnsOf(length, width, column) {
  const most = Math.max(10, Math.floor(width / column / 10) * 10);
  return Math.ceil(length / Math.ceil(length / most) / 10) * 10;
}

function mapLine({ bases, effects, limit, heights, range, first, last, scale, choose }) {
  const width = LEFT + (last - first) * COLUMN + 4;
  const size = { width: (width * scale).toFixed(1), height: (LINE_HEIGHT * scale).toFixed(1) };
  const line = drawing("svg", { ...size, viewBox: `0 0 ${width} ${LINE_HEIGHT}`, class: "map-line" });
  line.dataset.first = first;
  UNAMBIGUOUS.forEach((_, row) => line.append(label(LEFT - 5, MAP_TOP + row * ROW + 10, ALPHABET[row], "end")));
  const unit = LOGO / (range[1] - range[0] || 1);
  const zero = TOP + range[1] * unit;
  line.append(drawing("path", { d: `M${LEFT} ${zero.toFixed(1)}H${width - 4}`, class: "axis" }));
  for (let position = first; position < last; position++) {
    const x = LEFT + (position - first) * COLUMN;
    line.append(...logoLetter(bases[position], x, zero, heights[position] * unit));
    effects.forEach((row, number) => line.append(...mapCell(x, number, row[position] / limit, bases[position])));
    if ((position + 1) % 10 === 0) line.append(label(x + COLUMN / 2, LINE_HEIGHT - 5, position + 1, "middle"));
  }
  line.addEventListener("click", (event) => choose(...pointed(event, line, first)));
  line.addEventListener("mousemove", (event) => choose(pointed(event, line, first)[0], null));
  return line;
}

// Position and row of the map under the mouse.
function pointed(event, line, first) {
  const box = line.getBoundingClientRect();
  const scale = box.width / line.viewBox.baseVal.width;
  const column = Math.floor(((event.clientX - box.left) / scale - LEFT) / COLUMN);
  const row = Math.floor(((event.clientY - box.top) / scale - MAP_TOP) / ROW);
  const columns = Math.round((line.viewBox.baseVal.width - LEFT - 4) / COLUMN);
  return [first + Math.min(Math.max(column, 0), columns - 1), row >= 0 && row < 4 ? row : -1];
}

function label(x, y, text, anchor) {
  return drawing("text", { x, y, "text-anchor": anchor }, String(text));
}

function logoLetter(base, x, zero, height) {
  const row = BASE_NAMES.get(base);
  if (row === undefined || Math.abs(height) < 0.3) return [];
  const top = zero - Math.max(height, 0);
  const matrix = `matrix(${COLUMN} 0 0 ${Math.abs(height).toFixed(1)} ${x} ${top.toFixed(1)})`;
  return [drawing("use", { href: `#base-${ALPHABET[row]}`, transform: matrix })];
}

// A cell: its colour, and a dot at the base of the sequence.
function mapCell(x, row, effect, base) {
  const y = MAP_TOP + row * ROW;
  if (base === UNAMBIGUOUS[row]) return [drawing("circle", { cx: x + COLUMN / 2, cy: y + ROW / 2, r: 2, class: "own" })];
  const kind = effect > 0 ? "raises" : "lowers";
  const opacity = Math.abs(effect).toFixed(3);
  return [drawing("rect", { x, y, width: COLUMN - 1, height: ROW - 1, class: kind, "fill-opacity": opacity })];
}

// Marks one position of the map, and removes the earlier mark.
function markPosition(container, position) {
  container.querySelector(".cursor")?.remove();
  for (const line of container.children) {
    const first = Number(line.dataset.first);
    const columns = Math.round((line.viewBox.baseVal.width - LEFT - 4) / COLUMN);
    if (position < first || position >= first + columns) continue;
    const x = LEFT + (position - first) * COLUMN - 0.5;
    line.append(drawing("rect", { x, y: 1, width: COLUMN, height: LINE_HEIGHT - 17, class: "cursor" }));
    return line;
  }
  return null;
}
