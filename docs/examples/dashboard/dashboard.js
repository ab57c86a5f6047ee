/** A dashboard: a table of instances that fills while a worker verifies them, with a progress bar and a sum in words. */

const SIGNS = { verified: "✓", rejected: "✕", undetermined: "?", "not judged": "!" };

/**
 * Builds the dashboard in `root`, and resolves to the results when every instance has one.
 *
 * @param root element to put it in
 * @param worker `new Worker(new URL("./worker.js", import.meta.url), { type: "module" })`
 * @param instances `{ name, evidence, endorsements }`, names different from each other
 * @param options of `verify`, the same for all
 */
export function showDashboard({ root, worker, instances, options }) {
  const progress = Object.assign(document.createElement("progress"), { max: instances.length, value: 0 });
  progress.setAttribute("aria-label", "Instances verified so far");
  const sum = Object.assign(document.createElement("p"), { role: "status" });
  const rows = new Map(instances.map(({ name }) => [name, row(name, "", "waiting")]));
  const table = document.createElement("table");
  table.append(row("Instance", "Outcome", "Why", "th"), ...rows.values());
  root.replaceChildren(sum, progress, table);

  const results = [];
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }) => {
      results.push(data);
      progress.value = results.length;
      rows.get(data.name).replaceWith(row(data.name, outcomeText(data), data.why, "td", data.outcome));
      sum.textContent = `${results.length} of ${instances.length}: ${counts(results)}`;
      if (results.length === instances.length) resolve(results);
    };
    worker.postMessage({ instances, options });
  });
}

/** A sign and words, so that no outcome rests on a colour; what is no plain yes has no tick. */
export function outcomeText({ outcome, anchors, open }) {
  if (outcome === "verified" && anchors === "custom") return "? verified under your own anchors";
  if (outcome === "verified" && open) return "? verified, but not all was asked";
  return `${SIGNS[outcome]} ${outcome}`;
}

function counts(results) {
  const outcomes = [...new Set(results.map(outcomeText))].sort();
  return outcomes
    .map((text) => `${results.filter((result) => outcomeText(result) === text).length} ${text}`)
    .join(", ");
}

function row(name, outcome, why, tag = "td", kind = "") {
  const element = document.createElement("tr");
  element.dataset.outcome = kind;
  for (const text of [name, outcome, why])
    element.append(Object.assign(document.createElement(tag), { textContent: text }));
  return element;
}
