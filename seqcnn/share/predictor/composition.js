// Out-of-distribution flag: whether the k-mers of a sequence are unlike those of the training sequences.
//
// Two numbers are compared with thresholds: the Mahalanobis distance of the frequencies of 3-mers, and the mean
// surprisal of a base given the five before it.  See seqcnn/model/network/ood.py.

const K = 3;
const CONTEXT = 6;
const AMBIGUOUS_DISTANCE = 1e9;
const ROUNDING = 1 + 1e-12; // sums in another order differ in their last digits

const profile = readProfile();

function readProfile() {
  if (!facts.thresholds) return null;
  const mean = floats(facts.profile.mean);
  const whitening = floats(facts.profile.whitening);
  const surprisal = Float64Array.from(floats(facts.profile.surprisal));
  return { mean, whitening, surprisal: facts.double ? overStrands(surprisal, CONTEXT) : surprisal };
}

function floats(text) {
  return new Float32Array(bytesOfBase64(text).buffer);
}

// Mean of the value of each k-mer and that of its reverse complement.
function overStrands(values, k) {
  return values.map((value, index) => {
    let other = 0;
    for (let rest = index, i = 0; i < k; i++, rest >>= 2) other = other * 4 + (3 - (rest & 3));
    return (value + values[other]) / 2;
  });
}

// Calls `use` with the index of each k-mer without an ambiguous base, in alphabetical order of k-mers.
function eachKmer(bases, k, use) {
  let index = 0;
  let known = 0;
  for (const base of bases) {
    const code = UNAMBIGUOUS.indexOf(base);
    known = code < 0 ? 0 : known + 1;
    index = (index * 4 + Math.max(code, 0)) % 4 ** k;
    if (known >= k) use(index);
  }
}

function distanceOf(bases) {
  let frequencies = new Float64Array(4 ** K);
  eachKmer(bases, K, (index) => frequencies[index]++);
  if (facts.double) frequencies = overStrands(frequencies, K);
  frequencies = frequencies.map((count) => count / Math.max(bases.length - K + 1, 1));
  const total = frequencies.reduce((sum, value) => sum + value, 0);
  if (bases.length >= K && total < 0.5) return AMBIGUOUS_DISTANCE;
  let squares = 0;
  for (let column = 0; column < 4 ** K; column++) {
    let value = 0;
    for (let i = 0; i < 4 ** K; i++) value += (frequencies[i] - profile.mean[i]) * profile.whitening[i * 4 ** K + column];
    squares += value * value;
  }
  return Math.sqrt(squares);
}

function surprisalOf(bases) {
  let sum = 0;
  let count = 0;
  eachKmer(bases, CONTEXT, (index) => { sum += profile.surprisal[index]; count++; });
  return sum / Math.max(count, 1);
}

// Whether the sequence of a window is out of distribution; null if the model has no thresholds.
function isOutOfDistribution(window) {
  if (!profile) return null;
  const bases = sequenceOf(window);
  const { distance, surprisal } = facts.thresholds;
  return distanceOf(bases) > distance * ROUNDING || surprisalOf(bases) > surprisal * ROUNDING;
}

// An example: bases that follow one another as in the training sequences, from a fixed seed.
function exampleSequence(seed) {
  let state = seed;
  const chance = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  let letters = "";
  let context = 0;
  while (letters.length < Math.min(facts.length, 2000)) {
    let rest = letters.length < CONTEXT - 1 || !profile ? Math.floor(chance() * 4) : null;
    if (rest === null) {
      const weights = UNAMBIGUOUS.map((_, base) => Math.exp(-profile.surprisal[context * 4 + base]));
      let left = chance() * weights.reduce((sum, weight) => sum + weight, 0);
      for (rest = 0; rest < 3 && left > weights[rest]; rest++) left -= weights[rest];
    }
    letters += ALPHABET[rest];
    context = (context * 4 + rest) % 4 ** (CONTEXT - 1);
  }
  return letters;
}
