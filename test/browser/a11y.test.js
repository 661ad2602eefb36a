// Everybody can use every page: axe finds nothing, the keyboard is enough, and
// nothing scrolls sideways.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { accessible, focused, tabThrough, violations } from "./accessible.js";
import { closeBrowser, formTo, modes, onPage, openBrowser, press, sound } from "./browser.js";
import { Desk, linkIn, mailbox } from "./desk.js";
import { send } from "./mail.js";
import { until } from "./wait.js";

const mode = modes.find((one) => one.script && one.width === 1440);
const { t } = mode;

let demo;
let empty;
let fresh; // a desk with people and without cases
before(async () => {
  [demo, empty, fresh] = await Promise.all([Desk.demo(), Desk.empty(), Desk.furnished(), openBrowser()]);
  await send(demo.mailPort, { from: "", to: mailbox, subject: "Ohne Absender", text: "Wer schreibt das?" });
  await until("a mail to look at", async () => (await demo.anna.page("/look")).includes("/raw"));
});
after(async () => {
  await closeBrowser();
  for (const desk of [demo, empty, fresh]) await desk?.stop();
});

const first = async (desk, list, pattern) => (await desk.anna.page(list)).match(pattern)[1];
const caseOf = (desk, subject) => first(desk, "/cases?view=all", new RegExp(`href="(/cases/[^"]+)"[^>]*>(?:(?!</a>)[\\s\\S])*${subject}`));
const at = (desk, path) => async (page) => page.goto(desk().url + (typeof path === "string" ? path : await path()));

describe("These checks", () => {
  const broken = (damage) => onPage(mode, () => undefined, async (page) => {
    await page.goto(`${demo.url}/signin`);
    await page.evaluate(damage);
    await accessible(page);
  });

  for (const [name, damage, complaint] of [
    ["a control without a label", () => document.querySelector("label").remove(), /label/],
    ["faint text", () => document.querySelector("label").style.setProperty("color", "#aaa"), /color-contrast/],
    ["a key of the catalogue", () => (document.querySelector("h1").textContent = "account.sign_in.title"), /keys of the catalogue/],
    ["a second heading", () => document.querySelector("main").append(document.createElement("h1")), /one h1/],
    ["a wide element", () => document.querySelector("h1").style.setProperty("width", "400px"), /scrolls sideways/],
    ["what the policy forbids", () => document.querySelector("h1").insertAdjacentHTML("beforeend", "<i style='color: red'></i>"), /Content Security Policy/],
    ["an error in a script", () => void setTimeout(() => { throw new Error("oops"); }), /oops/],
    ["a request to another host", () => void fetch("http://other.example/").catch(() => {}), /other\.example|Content Security Policy/],
  ]) it(`notice ${name}`, () => assert.rejects(broken(damage), complaint));
});

describe("axe finds nothing on", () => {
  const onDemo = (path) => at(() => demo, path);
  const signIn = () => undefined;
  const anna = () => demo.anna;
  const refusedReply = async (page) => {
    await page.goto(demo.url + (await caseOf(demo, "Glasfaser")));
    await page.locator("summary").filter({ hasText: t("workspace.handover.title") }).click();
    await page.locator("summary").filter({ hasText: t("workspace.note.title") }).click();
    await press(formTo(page, "/handover"), t("workspace.handover.do"));
    await page.locator("#error-summary").waitFor();
  };
  const refusedForm = (desk, path, button) => async (page) => {
    await page.goto(desk().url + path);
    await press(formTo(page, path), button);
    await page.locator("#error-summary").waitFor();
  };
  const link = async (desk, address, word) => linkIn(await desk.sink.wait(address, (mail) => mail.text.includes(word))).pathname;

  const pages = {
    "set-up": [signIn, at(() => empty, "/setup")],
    "set-up with errors": [signIn, refusedForm(() => empty, "/setup", t("account.setup.submit"))],
    "sign-in": [signIn, onDemo("/signin")],
    "sign-in with errors": [signIn, refusedForm(() => demo, "/signin", t("account.sign_in.submit"))],
    "forgotten password": [signIn, onDemo("/forgot")],
    "forgotten password, sent": [signIn, onDemo("/forgot?sent=1")],
    "a link that is over": [signIn, at(() => fresh, () => link(fresh, "mia@lindenau.example", "/invite/"))],
    "a password reset": [signIn, async (page) => {
      await fresh.anna.post("/forgot", { email: "mia@lindenau.example" });
      await page.goto(fresh.url + (await link(fresh, "mia@lindenau.example", "/reset/")));
    }],
    "an invitation": [signIn, async (page) => {
      await fresh.anna.post("/admin/staff/invite", { name: "Selin Aydın", email: "selin@lindenau.example", role: "agent" });
      await page.goto(fresh.url + (await link(fresh, "selin@lindenau.example", "/invite/")));
    }],
    ...Object.fromEntries(["mine", "unowned", "team", "open", "all"].flatMap((view) => [
      [`the list ${view}`, [anna, onDemo(`/cases?view=${view}`)]],
      [`the empty list ${view}`, [() => fresh.anna, at(() => fresh, `/cases?view=${view}`)]],
    ])),
    "the list with a notice": [anna, onDemo("/cases?q=wort")],
    "the tour of the demo": [signIn, onDemo("/demo")],
    "what the demo sent": [signIn, onDemo("/demo/mail")],
    "a case": [anna, onDemo(() => caseOf(demo, "Nur 11 statt 16"))],
    "a case that is done": [anna, onDemo(() => caseOf(demo, "Zählerstand falsch"))],
    "a case with errors": [anna, refusedReply],
    "needs a look": [anna, onDemo("/look")],
    "needs a look, empty": [() => fresh.anna, at(() => fresh, "/look")],
    "the account": [anna, onDemo("/account")],
    "the account with errors": [anna, async (page) => {
      await page.goto(`${demo.url}/account`);
      await press(formTo(page, "/account/password"), t("account.password_save"));
      await page.locator("#error-summary").waitFor();
    }],
    "people": [anna, onDemo("/admin/staff")],
    "inviting": [anna, onDemo("/admin/staff/invite")],
    "inviting with errors": [anna, refusedForm(() => demo, "/admin/staff/invite", t("admin.staff.send"))],
    "one person": [anna, onDemo(() => first(demo, "/admin/staff", /href="(\/admin\/staff\/[0-9a-f-]{36})"/))],
    "teams": [anna, onDemo("/admin/teams")],
    "a new team with errors": [anna, refusedForm(() => demo, "/admin/teams/new", t("common.save"))],
    "one team": [anna, onDemo(() => first(demo, "/admin/teams", /href="(\/admin\/teams\/[0-9a-f-]{36})"/))],
    "mailboxes": [anna, onDemo("/admin/mailboxes")],
    "a new mailbox": [anna, onDemo("/admin/mailboxes/new")],
    "one mailbox": [anna, onDemo(() => first(demo, "/admin/mailboxes", /href="(\/admin\/mailboxes\/[0-9a-f-]{36})"/))],
    "a domain whose mail is signed": [() => fresh.anna, async (page) => {
      const path = "/admin/domains/lindenau.example";
      await fresh.anna.post(`${path}/keys`, {});
      for (const [use] of (await fresh.anna.page(path)).matchAll(/\/admin\/domains\/[^"]+\/use/g)) await fresh.anna.post(use, {});
      await page.goto(fresh.url + path);
    }],
    "a side conversation": [anna, async (page) => {
      await page.goto(demo.url + (await caseOf(demo, "Zähler kommt nicht an")));
      await page.locator("#case-sides li a").click();
    }],
    "asking somebody else, with errors": [anna, async (page) => {
      const path = `${await caseOf(demo, "Zähler kommt nicht an")}/side`;
      await refusedForm(() => demo, path, t("side.send"))(page);
    }],
    "outgoing mail": [anna, onDemo("/deliveries")],
    "outgoing mail, nothing found": [anna, onDemo("/deliveries?kind=side&to=2020-01-01")],
    "webhooks": [anna, onDemo("/admin/webhooks")],
    "a new webhook": [anna, onDemo("/admin/webhooks/new")],
    "a webhook with its secret": [() => fresh.anna, async (page) => {
      await page.goto(`${fresh.url}/admin/webhooks/new`);
      await page.locator("select[name=provider]").selectOption("postmark");
      await press(formTo(page, "/admin/webhooks/new"), t("hook.make"));
      await page.locator("#address").waitFor();
    }],
    "one webhook": [() => fresh.anna, at(() => fresh, () => first(fresh, "/admin/webhooks", /href="(\/admin\/webhooks\/[0-9a-f-]{36})"/))],
    "topics": [() => fresh.anna, at(() => fresh, "/admin/catalogue")],
    "no products": [() => fresh.anna, at(() => fresh, "/admin/catalogue?list=product")],
    "a topic with errors": [anna, refusedForm(() => demo, "/admin/catalogue?list=topic", t("admin.catalogue.add"))],
    "one topic": [() => fresh.anna, at(() => fresh, () => first(fresh, "/admin/catalogue", /href="(\/admin\/catalogue\/[0-9a-f-]{36})"/))],
    "the brand": [anna, onDemo("/admin/brand")],
    "jobs, none failed": [() => fresh.anna, at(() => fresh, "/admin/jobs")],
    "jobs that are done": [() => fresh.anna, at(() => fresh, "/admin/jobs?view=done")],
    "one job": [() => fresh.anna, at(() => fresh, () => first(fresh, "/admin/jobs?view=done", /href="(\/admin\/jobs\/\d+)"/))],
    "error 403": [() => demo.mia, onDemo("/admin/staff")],
    "error 404": [anna, onDemo("/there-is-no-such-page")],
    "error 404 for strangers": [signIn, onDemo("/there-is-no-such-page")],
  };
  for (const [name, [visitor, go]] of Object.entries(pages)) {
    it(name, onPage(mode, visitor, async (page) => {
      await go(page);
      await accessible(page);
    }));
  }

  it("open menus", onPage({ ...mode, width: 320 }, anna, async (page) => {
    await page.goto(`${demo.url}/cases`);
    for (const summary of ["ui.menu", "ui.user.menu"]) {
      await page.locator("header summary").filter({ hasText: t(summary, { Name: "Anna Richter" }) }).click();
      assert.deepEqual(await violations(page, "header"), []);
      await sound(page, "de");
      await page.keyboard.press("Escape");
    }
  }));
});

for (const width of [320, 1440]) describe(`With the keyboard at ${width} px`, () => {
  const how = { ...mode, width };

  it("the skip link leads to the content", onPage(how, () => demo.anna, async (page) => {
    for (const path of ["/cases", "/account", "/admin/staff"]) {
      await page.goto(demo.url + path);
      await page.keyboard.press("Tab");
      const stop = await focused(page);
      assert.equal(stop.is, "#main");
      assert.ok(stop.seen && stop.ring, "the skip link can be seen");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => document.activeElement?.id === "main");
      await page.keyboard.press("Tab");
      assert.ok(await page.evaluate(() => document.querySelector("main").contains(document.activeElement)), "the next stop is in the content");
    }
  }));

  it("a case is worked from top to bottom, and the focus is always seen", onPage(how, () => demo.mia, async (page) => {
    await page.goto(demo.url + (await caseOf(demo, "Stromausfall Hafenstra")));
    const stops = await tabThrough(page);
    assert.ok(stops.length < 100, "the keyboard is not caught");
    assert.deepEqual(stops.filter((stop) => !stop.seen || !stop.ring), [], "stops nobody can see");
    const order = ["#main", "/cases", "q", "/take", "reply", "next", "/reply", "to", "/handover", "state", "/state"]
      .map((is) => stops.findIndex((stop) => stop.is === is || (is.startsWith("/") && stop.tag === "button" && stop.is.endsWith(is))));
    const wanted = order.filter((i) => i >= 0);
    assert.deepEqual(wanted, [...wanted].sort((a, b) => a - b), `order of ${stops.map((s) => s.is).join(", ")}`);
    for (const must of ["reply", "next", "state"]) assert.ok(stops.some((stop) => stop.is === must), `${must} is reached`);
    assert.equal(await page.locator("[tabindex]:not([tabindex='0']):not([tabindex='-1'])").count(), 0);
  }));

  it("a case is answered", onPage(how, () => demo.mia, async (page) => {
    await page.goto(demo.url + (await caseOf(demo, "Zugangsdaten")));
    await page.keyboard.press("r");
    await page.waitForFunction(() => document.activeElement?.name === "reply");
    await page.keyboard.type(`Der Brief kommt morgen, ${width}.`);
    await page.keyboard.press("Control+Enter");
    await page.locator('li[id^="m-"]').filter({ hasText: `Der Brief kommt morgen, ${width}.` }).waitFor();
    await page.keyboard.press("z");
    await page.getByText(t("workspace.flash.withdrawn")).waitFor();
    assert.equal(await page.locator("[name=reply]").inputValue(), `Der Brief kommt morgen, ${width}.`);
  }));
});
