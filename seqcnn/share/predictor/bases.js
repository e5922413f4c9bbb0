// Bases of a sequence and the window that the network sees.
//
// A packed base has four bits, A = 1, C = 2, G = 4, T = 8; ambiguous letters are unions (N = 15), padding is 0.
// A window is {row, start, size}: the packed bases of the model's length, and where the sequence lies in it.

const facts = JSON.parse(document.getElementById("facts").textContent); // see facts.py
const ALPHABET = "ACGT";
const UNAMBIGUOUS = [1, 2, 4, 8];
const LETTERS = "-ACMGRSVTWYHKDBN"; // letter of each packed base
const INVALID = 255;
const PACKED = packedLetters();
const COMPLEMENT = Uint8Array.from({ length: 16 }, (_, base) =>
  ((base & 1) << 3) | ((base & 2) << 1) | ((base & 4) >> 1) | ((base & 8) >> 3));

// Packed base of each character code below 256.
function packedLetters() {
  const table = new Uint8Array(256).fill(INVALID);
  for (let base = 1; base < 16; base++) {
    table[LETTERS.charCodeAt(base)] = table[LETTERS[base].toLowerCase().charCodeAt(0)] = base;
  }
  table["U".charCodeAt(0)] = table["u".charCodeAt(0)] = 8;
  return table;
}

// Packs letters; `INVALID` where a character is no DNA letter.
function pack(letters) {
  const bases = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) {
    const code = letters.charCodeAt(i);
    bases[i] = code < 256 ? PACKED[code] : INVALID;
  }
  return bases;
}

function unpack(bases) {
  return Array.from(bases, (base) => LETTERS[base]).join("");
}

// Part of the free room that lies before the sequence, or is cut from its 5' end.
function offsetOf(room) {
  return { left: 0, right: room, center: Math.floor(room / 2) }[facts.align];
}

// Places packed bases in a window: flanks of the construct around them, then padding; longer ones are cropped.
function placed(bases) {
  const { length, flank5, flank3 } = facts;
  const cut = offsetOf(Math.max(bases.length - length, 0));
  const shown = bases.slice(cut, cut + length);
  const start = offsetOf(length - shown.length);
  const row = new Uint8Array(length);
  const before = pack(flank5).slice(Math.max(flank5.length - start, 0));
  row.set(before, start - before.length);
  row.set(shown, start);
  row.set(pack(flank3).slice(0, length - start - shown.length), start + shown.length);
  return { row, start, size: shown.length };
}

// The window of the other strand: the sequence is reverse-complemented, flanks keep their places.
function otherStrand({ row, start, size }) {
  const other = row.slice();
  for (let i = 0; i < size; i++) other[start + i] = COMPLEMENT[row[start + size - 1 - i]];
  return { row: other, start, size };
}

// The window with one base replaced, `position` counted from 0 in the sequence.
function mutated({ row, start, size }, position, base) {
  const other = row.slice();
  other[start + position] = base;
  return { row: other, start, size };
}

function sequenceOf({ row, start, size }) {
  return row.subarray(start, start + size);
}

// Whether too many bases are ambiguous for a prediction.
function isTooAmbiguous(window) {
  let count = 0;
  for (const base of sequenceOf(window)) count += UNAMBIGUOUS.includes(base) ? 0 : 1;
  return count > facts.maxAmbiguous * window.size;
}
