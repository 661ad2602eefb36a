// The texts of the product, read from its own catalogue: tests ask for a button
// by what is written on it and stay right when the wording is polished.
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

const locales = fileURLToPath(new URL("../../internal/platform/i18n/locales", import.meta.url));

/** All texts of one language by key; plural forms are KEY.one and KEY.other. */
export function catalogue(language) {
  const folder = join(locales, language);
  const all = {};
  for (const name of readdirSync(folder)) Object.assign(all, parse(readFileSync(join(folder, name), "utf8")));
  return all;
}

/** A function that returns a text by its key, with {{.Name}} filled in. */
export function words(language) {
  const all = catalogue(language);
  return (key, values = {}) => {
    if (!(key in all)) throw new Error(`the catalogue has no ${language} text ${key}`);
    return all[key].replace(/\{\{\.(\w+)\}\}/g, (_, name) => values[name] ?? "");
  };
}

// The part of TOML the catalogue uses: sections, strings, strings of several
// lines, and tables of plural forms in one line.
function parse(text) {
  const found = {};
  let section = "";
  const lines = text.split("\n");
  while (lines.length > 0) {
    const line = lines.shift().trim();
    const head = line.match(/^\[([\w.-]+)\]$/);
    if (head) section = `${head[1]}.`;
    const pair = line.match(/^([\w.-]+)\s*=\s*(.*)$/);
    if (!pair) continue;
    const [, key, value] = pair;
    if (value.startsWith('"""')) found[section + key] = block(value.slice(3), lines);
    else if (value.startsWith("{")) Object.assign(found, forms(section + key, value));
    else found[section + key] = JSON.parse(value.match(/^"(?:[^"\\]|\\.)*"/)[0]);
  }
  return found;
}

function block(first, lines) {
  let text = first;
  while (!text.includes('"""')) text += `\n${lines.shift()}`;
  return text.slice(0, text.indexOf('"""')).replace(/^\n/, "");
}

function forms(key, table) {
  const found = {};
  for (const [, form, text] of table.matchAll(/(\w+)\s*=\s*("(?:[^"\\]|\\.)*")/g)) found[`${key}.${form}`] = JSON.parse(text);
  return found;
}
