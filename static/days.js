// Moments as the reader's own clock and calendar show them, which only the browser knows: the days
// are parted anew.
const days = document.querySelector("[data-days]");
const { lang } = document.documentElement;
const locale = lang === "en" ? "en-GB" : lang;
const day = new Intl.DateTimeFormat(locale, { dateStyle: "full" });
const clock = new Intl.DateTimeFormat(locale, { timeStyle: "medium" });
const model = days.querySelector("section");

function byDay() {
  const parted = [];
  for (const item of days.querySelectorAll(".records > li")) {
    const time = item.querySelector("time");
    const at = new Date(time.dateTime);
    const name = day.format(at);
    time.textContent = clock.format(at);
    if (parted.at(-1)?.name !== name) parted.push({ name, items: [] });
    parted.at(-1).items.push(item);
  }
  return parted;
}

function section({ name, items }, place) {
  const section = model.cloneNode(true);
  section.setAttribute("aria-labelledby", `day-${place + 1}`);
  section.querySelector("h3").id = `day-${place + 1}`;
  section.querySelector("h3").textContent = name;
  section.querySelector(".records").replaceChildren(...items);
  return section;
}

if (model) {
  days.replaceChildren(...byDay().map(section));
  document.querySelector("[data-zone]").textContent = Intl.DateTimeFormat().resolvedOptions().timeZone;
}
