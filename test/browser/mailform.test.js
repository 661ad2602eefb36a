// What leaves the desk is read as people read mail: on phones and in wide windows,
// by day and by night, in two languages, and as plain text. `npm test` with
// MAIL_PICTURES=folder keeps pictures and texts of all of it.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { violations } from "./accessible.js";
import { closeBrowser, modes, onPage, openBrowser, soak } from "./browser.js";
import { Desk } from "./desk.js";
import { formFaults, longLines } from "./letterform.js";

const mode = modes.find((one) => one.script && one.width === 1440);
const pictures = process.env.MAIL_PICTURES;

const letters = {
  de: {
    subject: "Rechnung zu hoch", text: "Guten Tag,\n\nmeine Rechnung ist zu hoch, der Zähler steht seit einer Woche still. Bitte prüfen Sie das und melden Sie sich bei mir.\n\nHeike Lorenz",
    answer: "Guten Tag Frau Lorenz,\n\nwir haben den **Zählerstand geprüft**; wie Sie ihn selbst ablesen, steht in der [Anleitung zum Ablesen](https://hilfe.lindenau.example/anleitung/zaehler-ablesen). Bitte schicken Sie uns noch:\n\n- ein Foto des Zählers\n- die Zählernummer (sie steht auf dem Typenschild unter dem Zählwerk)\n\n| Monat | Verbrauch | Betrag |\n|---|---|---|\n| September | 212 kWh | 74,20 € |\n\nAm besten an\nStadtwerke Lindenau\nHafenstraße 5\n04177 Leipzig\n\nFreundliche Grüße",
  },
  en: {
    subject: "My bill is too high", text: "Hello,\n\nmy bill is too high, the meter has been standing still for a week now. Please have a look at it and let me know what you find.\n\nHeike Lorenz",
    answer: "Hello Ms Lorenz,\n\nwe have **checked the reading**. Please send us:\n\n1. a photo of the meter\n2. its number\n\n> The bill of 3 November is void.\n\nYou can find more at https://hilfe.lindenau.example/guide.\n\nKind regards",
  },
};

describe("Mail", { concurrency: 1 }, () => {
  const mails = [];
  let desk;
  before(async () => {
    [desk] = await Promise.all([Desk.furnished(), openBrowser()]);
    await desk.undoSeconds(0);
    mails.push({ name: "invitation-de", language: "de", says: "Mia Krüger", mail: desk.sink.mails[0] });
    for (const [language, { subject, text, answer }] of Object.entries(letters)) {
      const letter = await desk.letter({ subject, text });
      mails.push({ name: `acknowledgement-${language}`, language, says: letter.number, mail: letter.receipt });
      await desk.mia.post(`/cases/${letter.number}/reply`, { reply: answer });
      const mail = await desk.sink.wait(letter.from, ({ header }) => !header["auto-submitted"]);
      mails.push({ name: `answer-${language}`, language, says: "Heike Lorenz", mail });
    }
  });
  after(async () => {
    await closeBrowser();
    await desk?.stop();
  });

  it("is HTML that mail programs understand", async () => {
    assert.equal(mails.length, 5);
    for (const { name, mail } of mails) assert.deepEqual(await formFaults(mail.html), [], name);
  });

  it("is plain text that reads well", () => {
    for (const { name, says, mail } of mails) {
      keep(`${name}.txt`, mail.lines);
      assert.deepEqual(longLines(mail.lines), [], name);
      assert.ok(mail.text.includes(says), `${name} says “${says}”:\n${mail.text}`);
      assert.ok(!/\*\*|\]\(|<\w|\n{3}/.test(mail.text), `${name} shows markup:\n${mail.text}`);
      assert.match(mail.text, /:\nhttp:\/\/127\.0\.0\.1:\d+\/\S+\n/, `${name} has its link on a line of its own`);
    }
    const answer = mails.find(({ name }) => name === "answer-de").mail.text;
    for (const part of ["Anleitung zum Ablesen (https://hilfe.lindenau.example/anleitung/zaehler-ablesen)", "\n- ein Foto des Zählers\n", "\nHafenstraße 5\n04177 Leipzig\n", "\n-- \nMia Krüger\n", "\n> Guten Tag,\n"]) {
      assert.ok(answer.includes(part), `“${part}” in\n${answer}`);
    }
  });

  it("is read on any screen, by day and by night", onPage(mode, () => undefined, async (page) => {
    for (const { name, language, says, mail } of mails) {
      await page.setContent(mail.html);
      await page.evaluate(() => (document.documentElement.style.background = "canvas")); // as a mail program does; axe asks for it
      assert.equal(await page.evaluate(() => document.documentElement.lang), language, name);
      assert.ok((await page.evaluate(() => document.body.innerText)).includes(says), name);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        for (const width of [320, 700]) {
          await page.setViewportSize({ width, height: 700 });
          const wider = await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth);
          assert.ok(wider <= 0, `${name} scrolls sideways by ${wider} px of ${width}`);
          if (pictures) keep(`${name}-${width}-${colorScheme}.png`, await page.screenshot({ fullPage: true }));
        }
        if (soak || name.endsWith("-de")) assert.deepEqual(await readable(page), [], `${name}, ${colorScheme}`);
      }
    }
  }));
});

// A mail has no heading and no landmarks: it is a letter, shown within a program.
const readable = async (page) => (await violations(page)).filter((fault) => !/^(page-has-heading-one|landmark-one-main|region):/.test(fault));

function keep(name, content) {
  if (!pictures) return;
  mkdirSync(pictures, { recursive: true });
  writeFileSync(join(pictures, name), content);
}
