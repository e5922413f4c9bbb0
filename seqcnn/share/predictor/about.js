// What a reader should know of the model: what it takes, how it was scored, and its limits.

function prepareAbout() {
  whenLanguageChanges(writeAbout);
  const write = async () => {
    const notices = new TextDecoder().decode(await embedded("third-parties"));
    document.getElementById("notices-text").textContent = notices;
  };
  document.getElementById("licences").addEventListener("toggle", write, { once: true });
}

function aboutLines() {
  const { about, targets, members } = facts;
  const { sizes } = about;
  const lines = [["aboutTargets", targets.map(scaleName).join(", ")], ["aboutInput", inputText()]];
  const size = (part) => shownCount(sizes[part] ?? 0);
  const counts = { train: size("train"), val: size("val"), test: size("test") };
  const library = about.importedFrom;
  lines.push(["aboutTraining", library ? say("importedText", { library }) : say("trainingText", counts)]);
  const scores = Object.entries(about.scores).filter(([, r]) => r !== null);
  if (scores.length) lines.push(["aboutScores", scores.map(([name, r]) => `${printable(name)}: r = ${r.toFixed(3)}`).join("; ")]);
  if (about.calibratedOn) lines.push(["aboutIntervals", say(`calibrated_${about.calibratedOn}`)]);
  if (facts.thresholds) lines.push(["aboutOut", say("outExplanation", { rate: shownPercent(facts.thresholds.rate) })]);
  const networks = members > 1 ? say("networks", { count: members }) : "";
  lines.push(["aboutModel", `${about.encoder}${networks}, seqcnn ${about.version}, SHA-256 ${about.sha256.slice(0, 12)}`]);
  return lines;
}

function inputText() {
  return say(facts.double ? "inputDouble" : "inputSingle", { lengths: expectedLengths() });
}

// Cautions on a weak model, an SD of few networks, and intervals that are too narrow for some predictions.
function cautionTexts() {
  const { about, members } = facts;
  const texts = about.isWeak ? [say("weak")] : [];
  if (!about.isCompared) texts.push(say("notCompared"));
  if (about.fewMembers) texts.push(say("fewMembers", { count: members }));
  for (const { target, share } of about.narrow) texts.push(say("narrow", { target: quoted(target), share: shownPercent(share) }));
  return texts;
}

function writeAbout() {
  const lines = aboutLines().map(([key, text]) =>
    element("div", {}, element("dt", { textContent: say(key) }), element("dd", { textContent: text })));
  document.getElementById("about-lines").replaceChildren(...lines);
  document.getElementById("cautions").replaceChildren(...cautionTexts().map((text) => element("li", { textContent: text })));
  document.getElementById("expected").textContent = say("expectedInput", { lengths: expectedLengths() });
}
