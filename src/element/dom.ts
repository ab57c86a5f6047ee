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

/** A mark of its own shape for each tone: outcomes never differ by colour alone. */
export function mark(tone: "good" | "bad" | "unknown"): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of [
    ["viewBox", "0 0 32 32"],
    ["aria-hidden", "true"],
    ["class", "mark"],
  ] as const)
    svg.setAttribute(name, value);
  for (const [tag, d] of SHAPES[tone]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", tag);
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** A shield with a tick, an octagon with a cross, a diamond with a question mark. */
const SHAPES: Readonly<Record<"good" | "bad" | "unknown", readonly (readonly [string, string])[]>> = {
  good: [
    ["shape", "M16 2 28 6v9c0 8-5 12.5-12 15C9 27.500 4 23 4 15V6z"],
    ["sign", "M10 16l4.500 4.500L22.500 12"],
  ],
  bad: [
    ["shape", "M10.500 2h11L30 10.500v11L21.500 30h-11L2 21.500v-11z"],
    ["sign", "M11 11l10 10M21 11L11 21"],
  ],
  unknown: [
    ["shape", "M16 1.500 30.500 16 16 30.500 1.500 16z"],
    ["sign", "M12.500 12.500a3.500 3.500 0 1 1 5 3.200c-1.200.6-1.500 1.200-1.500 2.300M16 22.200v.1"],
  ],
};
