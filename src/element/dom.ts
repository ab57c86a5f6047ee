/** A few lines instead of a framework: elements without innerHTML, so that nothing in evidence can ever become markup. */

type Child = Node | string | undefined | false;
type Properties = Readonly<Record<string, string | boolean | ((event: Event) => void) | undefined>>;

/** Creates an element; properties that start with `on` are listeners, `true` is an empty attribute, absent values are left out. */
export function h(tag: string, properties: Properties = {}, ...content: readonly Child[]): HTMLElement {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...content.filter((child): child is Node | string => child !== undefined && child !== false));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** Shapes differ, so that outcomes never differ by colour alone. */
export type Mark = "good" | "plain" | "bad" | "unknown";

/** A mark of its own shape for each tone. */
export function mark(tone: Mark): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of [
    ["viewBox", "0 0 32 32"],
    ["aria-hidden", "true"],
    ["class", `mark ${tone}`],
  ] as const)
    svg.setAttribute(name, value);
  for (const [name, d] of SHAPES[tone]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", name);
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

const QUESTION = "M12.5 12.5a3.5 3.5 0 1 1 5 3.2c-1.2.6-1.5 1.2-1.5 2.3M16 22.2v.1";

/** A shield with a tick, a circle with a dash, an octagon with a cross, a diamond with a question mark. */
const SHAPES: Readonly<Record<Mark, readonly (readonly [string, string])[]>> = {
  good: [
    ["shape", "M16 2 28 6v9c0 8-5 12.5-12 15C9 27.5 4 23 4 15V6z"],
    ["sign", "M10 16l4.5 4.5L22.5 12"],
  ],
  plain: [
    ["shape", "M16 4a12 12 0 1 1 0 24a12 12 0 1 1 0-24z"],
    ["sign", "M11 16h10"],
  ],
  bad: [
    ["shape", "M10.5 2h11L30 10.5v11L21.5 30h-11L2 21.5v-11z"],
    ["sign", "M11 11l10 10M21 11L11 21"],
  ],
  unknown: [
    ["shape", "M16 1.5 30.5 16 16 30.5 1.5 16z"],
    ["sign", QUESTION],
  ],
};
