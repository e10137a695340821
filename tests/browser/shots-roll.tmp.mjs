import { chromium } from "playwright-core";
import { AxeBuilder } from "@axe-core/playwright";
const [,, password, id] = process.argv;
const base = "http://localhost:8047";
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium" });
const out = "/tmp/voters-shots";
const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
const page = await context.newPage();
page.on("console", m => { if (m.type() === "error") console.log("CONSOLE", page.url(), m.text()); });
await page.goto(base + "/login");
await page.fill("input[type=email]", "organiser@example.org");
await page.fill("input[type=password]", password);
await page.click("main button[type=submit]");
console.log(page.url());
async function look(name, width = 0) {
  for (const [w, h, size] of [[1440, 900, "desk"], [390, 844, "phone"], [320, 640, "narrow"]]) {
    await page.setViewportSize({ width: w, height: h });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      if (size !== "narrow") await page.screenshot({ path: `${out}/${name}-${size}-${colorScheme}.png`, fullPage: true });
      const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"]).analyze();
      for (const v of violations) console.log(name, size, colorScheme, v.id, v.nodes.map(n => n.target.join(" ") + " " + n.failureSummary.replace(/\n/g," ").slice(0,160)).slice(0,3).join(" | "));
    }
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) console.log("OVERFLOW", name, size, over);
  }
  await page.setViewportSize({ width: 1440, height: 900 });
}
const e = `${base}/elections/${id}`;
await page.goto(e + "/voters"); await look("list");
const voter = await page.locator("table.roll a").first().getAttribute("href");
await page.goto(base + voter); await look("voter");
await page.goto(e + "/voters/import"); await look("import");
await page.fill("#field-text", "email,first_name,Class\nnobody,Nora,4b\na@b.example,Ada,4c\na@B.example,Ada,4c\nx y@example.org,X,1\n" + "z".repeat(70000)); 
await page.locator("form:has(#field-text) button").click(); await look("rejected");
const list = Array.from({length: 30}, (_, i) => `Member ${i} <member${i}@example.net>`).join("\n");
await page.fill("#field-text", list); await page.locator("form:has(#field-text) button").click(); await look("check");
await page.goto(e + "/mails"); await page.waitForTimeout(800); await look("mails");
console.log(await page.locator("[data-connection]").textContent());
await page.goto(e + "/mails/reminders"); await look("confirm");
await page.goto(base + "/elections/new"); await page.fill("#field-title", "Garden club"); await page.locator("main form button[type=submit]").first().click();
const draft = page.url().match(/elections\/([^/]+)/)[1];
await page.goto(`${base}/elections/${draft}/voters?lang=de`); await look("first-de");
await page.goto(`${base}/elections/${draft}/mails`); await look("mails-draft-de");
await browser.close();
