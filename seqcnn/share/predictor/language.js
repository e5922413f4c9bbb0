// Texts of the page in English and Chinese, and how numbers are written.
//
// `labels.json` maps a key to its two texts; `{name}` in them stands for a value.  Elements with `data-label`,
// `data-aria` or `data-hint` have their text, name for screen readers, or placeholder by its key.  What scripts
// write is written again when the language changes: see `whenLanguageChanges`.

const LANGUAGES = ["en", "zh"];
const labels = JSON.parse(document.getElementById("labels").textContent);
const listeners = [];
let language = navigator.language.startsWith("zh") ? 1 : 0;

// Values may be texts themselves: {key, values}.
function say(key, values = {}) {
  const text = (value) => (value?.key ? say(value.key, value.values) : value);
  return labels[key][language].replace(/\{(\w+)\}/g, (whole, name) => text(values[name]) ?? whole);
}

function whenLanguageChanges(write) {
  listeners.push(write);
}

function setLanguage(number) {
  language = number;
  document.documentElement.lang = LANGUAGES[number];
  for (const element of document.querySelectorAll("[data-label]")) {
    element.textContent = say(element.dataset.label);
  }
  for (const element of document.querySelectorAll("[data-aria]")) {
    element.setAttribute("aria-label", say(element.dataset.aria));
  }
  for (const element of document.querySelectorAll("[data-hint]")) {
    element.placeholder = say(element.dataset.hint);
  }
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === LANGUAGES[number]));
  }
  for (const write of listeners) write();
}

// Decimals with which the largest of some numbers has four digits; null if they are huge or tiny.
function decimalsOf(values) {
  const size = largest(values);
  if (size === 0) return 0;
  return size < 1e-3 || size >= 1e6 ? null : Math.max(0, 3 - Math.floor(Math.log10(size)));
}

// A number as people read it; `signed` puts a plus before positive ones.
function shownNumber(value, { signed = false, decimals = decimalsOf([value]) } = {}) {
  if (Number.isNaN(value)) return "–";
  const text = decimals === null ? value.toExponential(2) : value.toFixed(decimals);
  return (signed && value > 0 ? "+" : "") + text.replaceAll("-", "−");
}

// Largest size of some numbers, of which NaN is none.
function largest(values) {
  return values.reduce((size, value) => Math.max(size, Math.abs(value) || 0), 0);
}

// A fraction as a percentage of at most three digits.
function shownPercent(fraction) {
  return String(+(100 * fraction).toPrecision(3));
}

function shownCount(value) {
  return value.toLocaleString(LANGUAGES[language]);
}

// A text of others with its control characters and direction marks visible.
function printable(text) {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (letter) => `\\u${letter.codePointAt(0).toString(16).padStart(4, "0")}`);
}

// A text of a user between quotes, printable, cut at 60 characters.
function quoted(text) {
  const kept = [...text].slice(0, 60).join("");
  return `'${printable(kept)}${kept.length < text.length ? "…" : ""}'`;
}

// Returns a new element with properties, attributes (names with a dash, or `role`) and children.
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes("-") || key === "role") made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children);
  return made;
}
