// The first day of a desk: set-up, test mail, colleagues, passwords, sessions.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { closeBrowser, fill, formTo, modes, onPage, openBrowser, press, refused, sound } from "./browser.js";
import { Desk, Visitor, linkIn, mailbox, password, setupForm } from "./desk.js";
import { until } from "./wait.js";

before(openBrowser);
after(closeBrowser);

for (const mode of modes) {
  const { t, language } = mode;

  describe(`An empty desk, ${mode.name}`, () => {
    let desk;
    before(async () => (desk = await Desk.empty()));
    after(() => desk?.stop());
    const nobody = () => undefined;

    it("says where the setup code is", () => {
      return until("it to stand in the terminal", () => new RegExp(`/setup.*${desk.setupCode}`).test(desk.output));
    });

    it("leads everybody to the setup page", onPage(mode, nobody, async (page) => {
      for (const path of ["/", "/cases", "/signin"]) {
        await page.goto(desk.url + path);
        assert.equal(new URL(page.url()).pathname, "/setup");
      }
      await sound(page, language);
    }));

    it("marks what is wrong in the form and keeps what was typed", onPage(mode, nobody, async (page) => {
      await page.goto(`${desk.url}/setup`);
      const typed = { name: "Anna Richter", email: "anna", brand_name: "Stadtwerke Lindenau", region: "DE-SN", relay_port: "99999", relay_security: "tls" };
      await fill(formTo(page, "/setup"), { ...typed, password: "kurz" });
      await press(page, t("account.setup.submit"));
      await refused(page, t, ["code", "email", "password", "address", "relay_host", "relay_port"]);
      await sound(page, language);
      for (const name of ["name", "email", "brand_name", "region", "relay_port"]) assert.equal(await page.locator(`[name=${name}]`).inputValue(), typed[name], name);
      assert.ok(await page.locator("[name=relay_security][value=tls]").isChecked());
      assert.equal(await page.locator("[name=password]").inputValue(), "", "a password is not sent back");
    }));

    it("refuses a wrong code", onPage(mode, nobody, async (page) => {
      await page.goto(`${desk.url}/setup`);
      await fill(formTo(page, "/setup"), setupForm(desk, { code: "FALSCH", language }));
      await press(page, t("account.setup.submit"));
      await refused(page, t, ["code"]);
      assert.equal(await page.locator("[name=brand_name]").inputValue(), "Stadtwerke Lindenau");
      assert.ok((await page.locator("#error-summary").innerText()).includes(t("setup.code.wrong")));
    }));

    it("is set up and signs the administrator in", onPage(mode, nobody, async (page) => {
      await page.goto(`${desk.url}/setup`);
      await fill(formTo(page, "/setup"), setupForm(desk, { language }));
      await press(page, t("account.setup.submit"));
      await page.getByText(t("account.setup.done")).waitFor();
      await sound(page, language);
      await page.goto(`${desk.url}/cases`);
      assert.equal(new URL(page.url()).pathname, "/cases");
      await sound(page, language);
      assert.equal((await page.goto(`${desk.url}/setup`)).status(), 404, "there is no second set-up");
      await sound(page, language);
    }));
  });

  describe(`The first day, ${mode.name}`, () => {
    let desk;
    before(async () => (desk = await Desk.furnished(language)));
    after(() => desk?.stop());
    const anna = () => desk.anna;

    async function openMailbox(page) {
      await page.goto(`${desk.url}/admin/mailboxes`);
      await page.getByRole("link", { name: mailbox }).click();
      await page.getByRole("heading", { level: 1 }).waitFor();
      await sound(page, language);
    }

    it("sends a test mail", onPage(mode, anna, async (page) => {
      await openMailbox(page);
      await press(formTo(page, "/test"), t("admin.mailbox.test_do"));
      await page.getByText(t("admin.mailbox.tested", { Arg: "anna@lindenau.example" })).waitFor();
      await sound(page, language);
      const mail = await desk.sink.wait("anna@lindenau.example", (m) => m.header.subject === t("template.test.subject", { BrandName: "Stadtwerke Lindenau" }));
      assert.match(mail.header.from, /hilfe@lindenau\.example/);
    }));

    it("names the step at which a test mail failed", onPage(mode, anna, async (page) => {
      await openMailbox(page);
      desk.sink.refuse("anna@lindenau.example", "550 5.7.1 Kein Versand ohne Vertrag");
      await press(formTo(page, "/test"), t("admin.mailbox.test_do"));
      await page.getByText("550 5.7.1 Kein Versand ohne Vertrag").first().waitFor();
      desk.sink.forgive("anna@lindenau.example");
      await sound(page, language);
      assert.ok((await page.locator("main").innerText()).includes(t("admin.mailbox.test_failed")));
    }));

    it("says which setting is wrong if the server cannot be reached", onPage(mode, anna, async (page) => {
      await openMailbox(page);
      const settings = page.locator("form:has([name=relay_host])");
      await fill(settings, { relay_port: "1" });
      await press(settings, t("common.save"));
      await page.getByText(t("admin.mailbox.saved")).waitFor();
      await openMailbox(page);
      await press(formTo(page, "/test"), t("admin.mailbox.test_do"));
      await page.locator("#error-summary").waitFor();
      const [start] = t("mail.probe.dial", { Host: "127.0.0.1", Port: "1", Words: "|" }).split("|");
      assert.ok((await page.locator("#error-summary").innerText()).includes(start));
      await sound(page, language);
      await fill(settings, { relay_port: String(desk.sink.port) });
      await press(settings, t("common.save"));
      await page.getByText(t("admin.mailbox.saved")).waitFor();
    }));

    const accept = (link) => async (selin) => {
      await selin.goto(link.href);
      await sound(selin, language);
      assert.equal(await selin.locator("[name=name]").inputValue(), "Selin Aydın");
      await fill(formTo(selin, link.pathname), { password: "kurz" });
      await press(selin, t("account.invite.submit"));
      await refused(selin, t, ["password"]);
      await fill(formTo(selin, link.pathname), { password });
      await press(selin, t("account.invite.submit"));
      await selin.getByText(t("account.invite.done")).waitFor();
      assert.equal(new URL(selin.url()).pathname, "/cases");
      assert.equal((await selin.goto(link.href)).status(), 410, "the link works once");
      await sound(selin, language);
    };

    it("invites a colleague, whose link survives a mail scanner", onPage(mode, anna, async (page) => {
      await page.goto(`${desk.url}/admin/staff/invite`);
      const form = formTo(page, "/admin/staff/invite");
      await fill(form, { name: "Selin Aydın", email: "selin" });
      await press(form, t("admin.staff.send"));
      await refused(page, t, ["email"]);
      await fill(form, { email: "selin@lindenau.example", role: "agent" });
      await form.locator("[name=teams]").first().check();
      await press(form, t("admin.staff.send"));
      await page.getByText(t("admin.staff.invited", { Arg: "Selin Aydın" })).waitFor();
      await sound(page, language);

      const link = linkIn(await desk.sink.wait("selin@lindenau.example"));
      assert.equal(link.origin, desk.url);
      for (let i = 0; i < 2; i++) assert.equal((await new Visitor(desk).get(link.pathname)).status, 200, "looking uses nothing up");
      await onPage(mode, () => undefined, accept(link))();
    }));

    it("gives a new password to who forgot it", onPage(mode, () => undefined, async (page) => {
      await page.goto(`${desk.url}/signin`);
      await page.getByRole("link", { name: t("account.sign_in.forgot") }).click();
      await sound(page, language);
      for (const [email, mails] of [["niemand@lindenau.example", 0], ["mia@lindenau.example", 1]]) {
        await page.goto(`${desk.url}/forgot`);
        await fill(formTo(page, "/forgot"), { email });
        await press(page, t("account.forgot.submit"));
        await page.getByText(t("account.forgot.sent_text")).waitFor();
        if (mails > 0) await desk.sink.wait(email, (m) => m.text.includes("/reset/"));
      }
      await sound(page, language);
      assert.ok(!desk.sink.mails.some((m) => m.to.includes("niemand@lindenau.example")), "who works here is nobody's business");
      const link = linkIn(await desk.sink.wait("mia@lindenau.example", (m) => m.text.includes("/reset/")));
      for (let i = 0; i < 2; i++) assert.equal((await new Visitor(desk).get(link.pathname)).status, 200, "looking uses nothing up");
      await page.goto(link.href);
      await sound(page, language);
      await fill(formTo(page, link.pathname), { password: "ein-neuer-satz-8" });
      await press(page, t("account.reset.submit"));
      await page.getByText(t("account.reset.done")).waitFor();
      assert.equal(new URL(page.url()).pathname, "/cases");
      assert.notEqual((await desk.mia.get("/cases")).status, 200, "the old session is over");
      assert.equal((await page.goto(link.href)).status(), 410, "the link works once");
    }));

    it("refuses a wrong password, then signs in where one wanted to go, and out", onPage(mode, () => undefined, async (page) => {
      await page.goto(`${desk.url}/account`);
      assert.equal(new URL(page.url()).pathname, "/signin");
      await fill(formTo(page, "/signin"), { email: "jonas@lindenau.example", password: "falsch-geraten" });
      await press(page, t("account.sign_in.submit"));
      await page.locator("#error-summary").waitFor();
      await sound(page, language);
      assert.equal(await page.locator("[name=email]").inputValue(), "jonas@lindenau.example");
      await fill(formTo(page, "/signin"), { password });
      await press(page, t("account.sign_in.submit"));
      await page.getByRole("heading", { level: 1, name: t("account.title") }).waitFor();
      await sound(page, language);
      await page.locator("summary").filter({ hasText: "Jonas Weber" }).click();
      await press(formTo(page, "/signout"), t("shell.sign_out"));
      await page.getByText(t("account.sign_in.out")).waitFor();
      await page.goto(`${desk.url}/cases`);
      assert.equal(new URL(page.url()).pathname, "/signin");
    }));

    it("lists sessions and ends others", onPage(mode, anna, async (page) => {
      const elsewhere = new Visitor(desk);
      await elsewhere.signIn("anna@lindenau.example");
      await page.goto(`${desk.url}/account`);
      await page.getByText(t("account.sessions.current")).waitFor();
      const others = page.locator('form[action^="/account/sessions/"][action$="/end"]');
      assert.equal(await others.count(), 1);
      await sound(page, language);
      await others.getByRole("button").click();
      await page.getByText(t("account.sessions.ended")).waitFor();
      assert.equal(await others.count(), 0);
      assert.equal((await elsewhere.get("/cases")).status, 303, "the other session is over");
      assert.equal((await desk.anna.get("/cases")).status, 200, "this one goes on");
    }));

    it("takes a new password and ends all other sessions", onPage(mode, anna, async (page) => {
      await page.goto(`${desk.url}/account`);
      const form = formTo(page, "/account/password");
      await fill(form, { old_password: "falsch-geraten", password: "noch-ein-neuer-satz" });
      await press(form, t("account.password_save"));
      await refused(page, t, ["old_password"]);
      await fill(form, { old_password: password, password: "noch-ein-neuer-satz" });
      await press(form, t("account.password_save"));
      await page.getByText(t("account.password_saved")).waitFor();
      await until("the old session to be over", async () => (await desk.anna.get("/cases")).status === 303);
    }));
  });
}
