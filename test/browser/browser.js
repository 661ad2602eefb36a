// The browser, and what is true of every page it shows.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { catalogue, words } from "./words.js";
import { limit, until } from "./wait.js";

/** Whether the full matrix was asked for. */
export const soak = process.env.SOAK === "1";

/** The ways in which every journey is made. */
export const modes = [
  mode("320 px without JavaScript", { width: 320, script: false }),
  mode("1440 px", { width: 1440 }),
  ...(soak ? [
    mode("320 px", { width: 320 }),
    mode("768 px without JavaScript, English", { width: 768, script: false, language: "en" }),
    mode("768 px, dark", { width: 768, theme: "dark" }),
    mode("3840 px, dark, English", { width: 3840, theme: "dark", language: "en" }),
    mode("zoom 400 %, English", { width: 320, height: 256, scale: 4, language: "en" }),
    mode("320 px without JavaScript, dark, English", { width: 320, script: false, theme: "dark", language: "en" }),
  ] : []),
];

function mode(name, changes) {
  const all = { name, height: 900, scale: 1, script: true, theme: "light", language: "de", ...changes };
  return { ...all, t: words(all.language) };
}

let chrome;

// Chromium without windows shows and does the same at half the price; the soak
// takes the one people have.
const program = process.env.CHROMIUM ?? (soak ? "/usr/bin/chromium" : "/usr/bin/chromium-headless-shell");

/** Starts the browser that all pages of a test file share. */
export async function openBrowser() {
  chrome = await chromium.launch({
    executablePath: program,
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"],
  });
}

export const closeBrowser = () => chrome?.close();

/**
 * Makes a test of what somebody does on a fresh page: visitor lends it their
 * session. In the end nothing may have gone wrong behind the scenes.
 */
export function onPage(how, visitor, act) {
  return async () => {
    const context = await openContext(how, visitor());
    const page = await context.newPage();
    const seen = watch(page);
    try {
      await act(page, context);
      assert.deepEqual(seen.wrong, [], "the page complained");
    } catch (error) {
      const where = await picture(page);
      error.message += where;
      error.stack += where;
      throw error;
    } finally {
      await context.close();
    }
  };
}

async function openContext(how, visitor) {
  const context = await chrome.newContext({
    viewport: { width: how.width, height: how.height }, deviceScaleFactor: how.scale, colorScheme: how.theme,
    javaScriptEnabled: how.script, locale: { de: "de-DE", en: "en-GB" }[how.language] ?? how.language, reducedMotion: "reduce",
  });
  context.setDefaultTimeout(limit);
  await context.addInitScript(reportViolations);
  if (visitor) await context.addCookies(visitor.cookies);
  return context;
}

// Policy violations, whoever causes them, are complaints on the console. This
// function runs in the page.
function reportViolations() {
  addEventListener("securitypolicyviolation", (event) => {
    console.error(`Content Security Policy: ${event.violatedDirective} forbids ${event.blockedURI} ${event.sample}`);
  });
}

/**
 * Collects what nobody sees: errors and policy violations on the console, and
 * requests to other hosts. A page that answers with an error status on purpose
 * is logged by the browser too; that is no complaint of the page.
 */
function watch(page) {
  const wrong = [];
  const pages = new Set();
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (request.isNavigationRequest()) pages.add(request.url());
    if (url.hostname !== "127.0.0.1" && url.protocol !== "data:") wrong.push(`request to ${url.host}`);
  });
  page.on("console", (message) => {
    if (!["error", "warning"].includes(message.type())) return;
    if (/^Failed to load resource/.test(message.text()) && pages.has(message.location().url)) return;
    wrong.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => wrong.push(`script error: ${error.message}`));
  page.on("dialog", (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { wrong };
}

let pictures;

async function picture(page) {
  pictures ??= mkdtempSync(join(tmpdir(), "lotse-browser-failures-"));
  const path = join(pictures, `${Date.now()}.png`);
  try {
    await page.screenshot({ path, fullPage: true });
    return `\n  on ${page.url()}\n  picture: ${path}`;
  } catch (error) {
    return `\n  on ${page.url()}\n  no picture: ${error.message}`;
  }
}

const roots = [...new Set(Object.keys(catalogue("en")).map((key) => key.split(".")[0]))].join("|");

/** Asserts what is true of every page, at any moment. */
export async function sound(page, language) {
  await page.waitForLoadState();
  const facts = await page.evaluate((roots) => {
    const key = new RegExp(`(?<![\\w@./-])(${roots})\\.(?!example\\b)[a-z_]+[a-z_.]*`, "g");
    const named = [...document.querySelectorAll("[aria-label],[title],[placeholder],[alt]")]
      .flatMap((e) => ["aria-label", "title", "placeholder", "alt"].map((name) => e.getAttribute(name) ?? ""));
    return {
      language: document.documentElement.lang,
      headings: document.querySelectorAll("h1").length,
      mains: document.querySelectorAll("main").length,
      wider: document.scrollingElement.scrollWidth - innerWidth,
      sticking: document.scrollingElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
        .filter((e) => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map((e) => e.outerHTML.slice(0, 120)),
      keys: [document.title, document.body.innerText, ...named].join("\n").match(key) ?? [],
      title: document.title,
    };
  }, roots);
  const where = new URL(page.url()).pathname;
  assert.equal(facts.headings, 1, `${where} has one h1`);
  assert.equal(facts.mains, 1, `${where} has one main part`);
  if (language) assert.equal(facts.language, language, `${where} says its language`);
  assert.match(facts.title, /\S+.* – \S+/, `${where} has a title`);
  assert.deepEqual(facts.keys, [], `${where} shows keys of the catalogue`);
  assert.ok(facts.wider <= 0, `${where} scrolls sideways by ${facts.wider} px:\n${facts.sticking.join("\n")}`);
}

/** Fills the controls of a form by their names. A choice is named, a tick is true. */
export async function fill(form, values) {
  for (const [name, value] of Object.entries(values)) {
    const control = form.locator(`[name="${name}"]`);
    const kind = await control.first().evaluate((e) => (e.type === "radio" ? "radio" : e.localName));
    if (kind === "radio") await form.locator(`[name="${name}"][value="${value}"]`).check();
    else if (kind === "select") await control.selectOption(value);
    else await control.fill(value);
  }
}

/** The form that is sent to an address ending so. */
export const formTo = (page, action) => page.locator(`form[action$="${action}"], form[action*="${action}?"]`).first();

/** Presses a form's button, by the words on it, and waits for the next page. */
export async function press(within, label) {
  const button = within.getByRole("button", { name: label }).first();
  await Promise.all([button.page().waitForEvent("load"), button.click()]);
}

/** Asserts that the form came back with these fields marked, the focus on the summary. */
export async function refused(page, t, fields) {
  await page.locator("#error-summary").waitFor();
  await page.waitForLoadState();
  await until("the focus", () => page.evaluate(() => document.activeElement !== document.body)); // autofocus comes with a frame, not with the page
  const found = await page.evaluate(() => ({
    focus: document.activeElement?.id,
    links: [...document.querySelectorAll("#error-summary a")].map((a) => a.hash),
    marked: [...document.querySelectorAll("[aria-invalid=true]")].map((e) => e.name),
    dangling: [...document.querySelectorAll("#error-summary a")].filter((a) => !document.querySelector(a.hash)).map((a) => a.hash),
    silent: [...document.querySelectorAll("[aria-invalid=true]")]
      .filter((e) => !(e.getAttribute("aria-describedby") ?? "").split(" ").some((id) => /-error$/.test(id) && document.getElementById(id)?.innerText.trim()))
      .map((e) => e.name),
    title: document.title,
  }));
  assert.equal(found.focus, "error-summary", "the summary has the focus");
  assert.deepEqual(found.marked.sort(), [...fields].sort(), "the wrong fields are marked");
  assert.equal(found.links.length, fields.length, "the summary names each");
  assert.deepEqual(found.dangling, [], "the summary leads to fields");
  assert.deepEqual(found.silent, [], "each marked field says what is wrong");
  assert.ok(found.title.startsWith(t("ui.title.error", { Title: "" }).trim()), "the title says so");
}
