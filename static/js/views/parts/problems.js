/**
 * What the API says is wrong with a request, by the field of a form. Pure.
 *
 * @typedef {{path: string, reason: string}} Reason `path`: names and positions between slashes
 */

/**
 * @param {Reason[]} problems
 * @param {string[]} names of the fields that there are, in their order
 * @returns {{fields: Map<string, string[]>, rest: string[]}} by field, in the order of the form; what belongs to none
 */
export function split(problems, names) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  const rest = [];
  for (const { path, reason } of problems) {
    // A form may show the parts of an object as fields of their own.
    const name = path.split('/', 2).find((each) => names.includes(each)) ?? '';
    if (name) found.set(name, [...(found.get(name) ?? []), reason]);
    else rest.push(path ? `${path}: ${reason}` : reason);
  }
  return { fields: new Map(names.filter((name) => found.has(name)).map((name) => [name, found.get(name) ?? []])), rest };
}
