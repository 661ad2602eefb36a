// How a mail looks where it is read: what mail programs understand of its HTML,
// and what a reader of its plain text gets.
import { caniemail } from "caniemail";
import { HtmlValidate } from "html-validate";

// The programs that are looked at: what people at home and in offices read mail
// with, and Outlook for Windows, which lays out with Word and understands least.
const clients = ["gmail.*", "apple-mail.*", "outlook.*", "thunderbird.*", "samsung-email.*", "gmx.*", "web-de.*", "t-online-de.*", "yahoo.*"];

// What some of them leave out, and a mail is read as well without: it then has
// square corners, or our colour for light ground on a dark one.
const spared = new Set(["@media", "<style> element", "<body> element", "border-radius", "word-break", "role attribute", "height property"]);

const validator = new HtmlValidate({
  extends: ["html-validate:standard", "html-validate:a11y"],
  rules: {
    "no-inline-style": "off", // style sheets are dropped on the way
    "no-deprecated-attr": "off", // of the space around a cell Word knows no other word
    "no-trailing-whitespace": "off",
    "long-title": "off", // a subject is as long as its author wants
  },
});

/** Every fault of a mail's HTML, in words. */
export async function formFaults(html) {
  const report = await validator.validateString(html);
  const wrong = report.results.flatMap(({ messages }) => messages.map((m) => `${m.ruleId}: ${m.message} (line ${m.line})`));
  const { issues } = caniemail({ clients, html });
  for (const [client, found] of issues.errors) for (const { title } of found) if (!spared.has(title)) wrong.push(`${client} does not know ${title}`);
  return [...new Set(wrong)];
}

/** What is wrong with the lines of a plain text: those a narrow terminal would break. */
export const longLines = (text) => text.split("\n").filter((line) => line.trimEnd().length > 78 && / \S/.test(line.trim()));
