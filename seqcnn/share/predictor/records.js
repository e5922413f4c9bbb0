// One sequence of the input: its letters are checked and packed, its length compared with the model's.
//
// A fault is {key, values}, a text of `labels.json` with place, what was found and what to do.  A note is a change
// of the input that is counted: letters in lower case, U read as T, ambiguous letters.

const MISSING = new Set(["na", "n/a", "#n/a", "<na>", "nan", "none", "null", "nil", "missing", "-", ".", "?"]);
const HINTS = [
  ["-.~_", "hintGap"],
  ["0123456789", "hintNumber"],
  ["@+", "hintFastq"],
  ["*EFIJLOPQXZefijlopqxz", "hintProtein"],
];

// Sequences that were read, the faults, and the count of each note.
class Reading {
  constructor() {
    this.records = [];
    this.faults = [];
    this.notes = new Map();
    this.names = new Set();
  }

  fault(key, values = {}) {
    this.faults.push({ key, values });
  }

  note(key, count = 1, values = {}) {
    const earlier = this.notes.get(key)?.count ?? 0;
    if (count) this.notes.set(key, { count: earlier + count, values });
  }

  // Adds a record, or a fault if it has no name, is no DNA, or is of another length.
  add(name, letters, line) {
    const number = this.records.length + this.faults.length + 1;
    const place = { key: "place", values: { line, number, name: quoted(name) } };
    if (!name) return this.fault("noName", { line, number });
    if (/\p{Cc}/u.test(name)) return this.fault("controlCharacter", { place });
    if (!letters) return this.fault("noSequence", { place });
    if (MISSING.has(letters.toLowerCase())) return this.fault("missingValue", { place, found: quoted(letters) });
    const bases = pack(letters);
    const invalid = bases.indexOf(INVALID);
    if (invalid >= 0) return this.fault("badLetter", badLetter(place, letters, invalid));
    const lengths = { place, found: bases.length, expected: expectedLengths() };
    if (bases.length > facts.maxLength) return this.fault("tooLong", lengths);
    if (bases.length < facts.minLength) return this.fault("tooShort", lengths);
    this.count(letters, bases);
    if (this.names.has(name)) this.note("repeatedName");
    this.names.add(name);
    return this.records.push({ name, bases, line });
  }

  count(letters, bases) {
    this.note("lowerCase", letters.match(/[a-z]/g)?.length ?? 0);
    this.note("uracil", letters.match(/[Uu]/g)?.length ?? 0);
    const ambiguous = bases.filter((base) => !UNAMBIGUOUS.includes(base)).length;
    this.note("ambiguous", ambiguous);
    this.note("mostlyAmbiguous", Number(2 * ambiguous > bases.length));
    this.note("cropped", Number(bases.length > facts.length), { length: facts.length });
  }
}

function badLetter(place, letters, index) {
  const letter = String.fromCodePoint(letters.codePointAt(index));
  const hint = HINTS.find(([some]) => some.includes(letter));
  return { place, position: index + 1, found: quoted(letter), hint: hint ? { key: hint[1] } : "" };
}

function expectedLengths() {
  const { minLength, length, crop } = facts;
  const range = minLength < length ? `${minLength}–${length} bp` : `${length} bp`;
  return crop ? { key: "lengthsCropped", values: { range } } : range;
}
