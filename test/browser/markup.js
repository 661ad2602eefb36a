// What machines read in a page: HTML as the standard wants it, and structured
// data in the vocabulary of schema.org as search engines ask for it.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HtmlValidate } from "html-validate";
import ts from "typescript";

// The standard's rules, and what assistive technology needs. What is left out is
// taste: how attributes are written, which of two right ways is nicer.
const validator = new HtmlValidate({
  extends: ["html-validate:standard", "html-validate:a11y"],
  rules: {
    "no-redundant-role": "off", // role="list" brings back what WebKit drops with the bullets
    "prefer-native-element": "off",
    "no-trailing-whitespace": "off",
    "long-title": "off", // the title of a question is as long as its author wants
    "require-sri": "off", // nothing comes from elsewhere
    "unique-landmark": "off", // of the menu for wide and for narrow windows one is shown; axe looks at what is shown
    "wcag/h32": "off", // the search in the header is one field: Enter sends it
  },
});

/** Every fault of a page's HTML, in words. */
export async function faults(html) {
  const report = await validator.validateString(html);
  return report.results.flatMap(({ messages }) => messages.map((m) => `${m.ruleId}: ${m.message} (line ${m.line}: ${around(html, m)})`));
}

const around = (html, { line, column }) => html.split("\n")[line - 1].slice(Math.max(0, column - 60), column + 60);

/** The structured data of a page, one object. */
export function structured(html) {
  const found = [...html.matchAll(/<script type="application\/ld\+json">([\s\S]*?)<\/script>/g)];
  assert.equal(found.length, 1, "there is one block of structured data");
  return JSON.parse(found[0][1]);
}

/** What the vocabulary of schema.org has against a QAPage, in words. */
export function vocabulary(data) {
  const folder = mkdtempSync(join(tmpdir(), "lotse-browser-schema-"));
  const file = join(folder, "page.ts");
  const types = fileURLToPath(import.meta.resolve("schema-dts")).replace(/\.js$/, "");
  writeFileSync(file, `import type { QAPage, WithContext } from ${JSON.stringify(types)};\nexport const page: WithContext<QAPage> = ${JSON.stringify(data, null, 2)};\n`);
  try {
    const program = ts.createProgram([file], { noEmit: true, strict: true, skipLibCheck: true, types: [], module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler });
    return ts.getPreEmitDiagnostics(program).map((d) => ts.flattenDiagnosticMessageText(d.messageText, "\n"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Asserts what Google requires of a QAPage, and what it recommends and we know. */
export function asQuestion(data, { url, answers, accepted }) {
  assert.deepEqual([data["@context"], data["@type"]], ["https://schema.org", "QAPage"]);
  const question = data.mainEntity;
  assert.equal(question["@type"], "Question");
  assert.equal(question.url, url);
  assert.equal(question.answerCount, answers);
  for (const key of ["name", "text"]) assert.match(question[key], /\S/, key);
  assert.equal(Boolean(question.acceptedAnswer), accepted);
  const all = [question.acceptedAnswer, ...(question.suggestedAnswer ?? [])].filter(Boolean);
  assert.equal(all.length, answers);
  for (const answer of all) {
    assert.equal(answer["@type"], "Answer");
    assert.match(answer.text, /\S/);
    assert.ok(answer.url.startsWith(`${url}#`), answer.url);
  }
  for (const entity of [question, ...all]) {
    assert.match(entity.author.name, /\S/);
    assert.match(entity.author["@type"], /^(Person|Organization)$/);
    assert.match(entity.datePublished, moment);
    assert.ok(!/<\w/.test(entity.text), "the text is plain");
  }
}
