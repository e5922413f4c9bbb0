// From a network's output to what is shown: the original scale of the measurements, and intervals.
//
// An interval is the prediction plus and minus a calibration error, which is multiplied by floor + SD if the
// calibration was scaled.  Out-of-distribution sequences have none.  Bounds are transformed back like the
// prediction.  See seqcnn/model/inference/conformal.py and original_scale.py.

const LARGEST = 3.4028234663852886e38;

// The value of a transformed scale on the original one.
function inverted(transform, z) {
  if (!transform || Number.isNaN(z)) return z;
  if (transform.name === "rank-normal") return interpolated(transform, z);
  const value = { log2: (x) => 2 ** x, log10: (x) => 10 ** x, log1p: Math.expm1 }[transform.name](z);
  return Math.min(Math.max(value - transform.pseudocount, 0), LARGEST);
}

// The quantile of a normal score, linear between those of the table.
function interpolated({ quantiles, last }, z) {
  const place = ((z + last) / (2 * last)) * (quantiles.length - 1);
  if (place <= 0) return quantiles[0];
  if (place >= quantiles.length - 1) return quantiles[quantiles.length - 1];
  const lower = Math.floor(place);
  return quantiles[lower] + (quantiles[lower + 1] - quantiles[lower]) * (place - lower);
}

// Half the width of an interval, NaN where there is none.
function halfWidth(row, target, { interval, byLevel }) {
  if (row.isOut) return NaN;
  const { error, floor, edges, errors } = interval.targets[target];
  const mean = row.mean[target];
  const reached = byLevel ? errors[edges.filter((edge) => edge <= mean).length] : error;
  return floor === null ? reached : reached * (floor + row.sd[target]);
}

// Prediction, SD and interval of a row on the original scale; `sd`, `low` and `high` may be undefined.
function shownValues(row, target, options) {
  const { transform } = facts.targets[target];
  const mean = row.mean[target];
  const shown = { value: inverted(transform, mean) };
  if (row.sd) {
    const sd = row.sd[target];
    shown.sd = transform ? (inverted(transform, mean + sd) - inverted(transform, mean - sd)) / 2 : sd;
  }
  if (options.interval) {
    const half = halfWidth(row, target, options);
    shown.low = inverted(transform, mean - half);
    shown.high = inverted(transform, mean + half);
  }
  return shown;
}

// Whether intervals can be calibrated by predicted level.
function supportsLevels(interval) {
  return interval.targets.every(({ errors }) => errors.length > 0);
}

// Name of a target with the unit of its predictions; with a transform that unit is that of another scale.
function targetName({ name, unit, transform }) {
  return printable(unit && !transform ? `${name} (${unit})` : name);
}

// Name of a target with the unit of the network's scale, on which effects of changes are.
function scaleName({ name, unit }) {
  return printable(unit ? `${name} (${unit})` : name);
}
