// The voting code stands behind the # of the link, where no server sees it. It goes from there
// straight into a form, and out of the address bar and the history.
//
// What a lost connection must not lose is kept for this tab alone: the nonce, which makes a ballot
// that is sent twice count once, and the choices while they are on their way. It is kept under the
// election and the first characters of the code, which do not give the code away.
const home = location.pathname.split("/", 3).join("/");
const shortest = 20;

function start(code) {
  return code.slice(0, 8);
}

/** What is kept of this code's vote. Without storage, voting works as it does without a script. */
function recall(code) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(`vote ${home}`));
    return kept?.start === start(code) ? kept : {};
  } catch {
    return {};
  }
}

function keep(kept) {
  try {
    sessionStorage.setItem(`vote ${home}`, JSON.stringify(kept));
  } catch {
    // Nothing can be kept here.
  }
}

function newNonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Shows the ballot of a code, or the review when its vote was on its way already. */
function openBallot(code) {
  const { nonce = newNonce(), step = "", choices = [] } = recall(code);
  const language = new URLSearchParams(location.search).get("lang");
  const form = document.createElement("form");
  form.method = "post";
  form.action = home + step + (language ? `?${new URLSearchParams({ lang: language })}` : "");
  for (const [name, value] of [["token", code], ["nonce", nonce], ...choices]) {
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  }
  document.body.append(form);
  form.submit();
}

/** Short fragments, and those that name a place on the page, are no codes. */
function takeCode() {
  const code = location.hash.slice(1);
  if (code.length < shortest || document.getElementById(code)) return;
  history.replaceState(null, "", location.pathname + location.search);
  openBallot(code);
}

/** Keeps what a form sends until a page has come that holds it. */
function keepChoices(form) {
  const { token, nonce } = form.elements;
  const choices = [...new FormData(form)].filter(([name]) => name.startsWith("choice-"));
  keep({ start: start(token.value), nonce: nonce.value, step: form.dataset.step, choices });
}

/** Marks what was marked before, on a ballot that has no mark yet. */
function restoreMarks(choices) {
  const marks = [...ballot.querySelectorAll("input[name^=choice-]:not([type=hidden])")];
  if (marks.some((mark) => mark.checked)) return;
  for (const mark of marks) mark.checked = choices.some(([name, value]) => name === mark.name && value === mark.value);
}

function countMarks(contest) {
  const count = contest.querySelector("[data-marked]");
  const status = contest.querySelector("[role=status]");
  const most = Number(contest.dataset.most);
  const update = () => {
    const marked = contest.querySelectorAll("input:checked:not([value=blank])").length;
    count.textContent = count.dataset.marked.replace("#", marked);
    count.classList.toggle("over", marked > most);
    // Only what changes the next step is said aloud: that the limit is reached, or passed.
    status.textContent = marked >= most ? count.textContent : "";
  };
  update();
  count.hidden = false;
  contest.addEventListener("change", update);
}

addEventListener("hashchange", takeCode);
takeCode();

const token = document.querySelector("input[name=token]");
const codeForm = document.querySelector("form[data-code]");
const ballot = document.querySelector("form[data-step]");
const receipt = document.querySelector("[data-receipt]");
const keptReceipt = document.querySelector("[data-kept-receipt]");

codeForm?.addEventListener("submit", (event) => {
  const [code] = token.value.match(/[\w-]{43}(?=\W*$)/) ?? [];
  if (!code) return;
  event.preventDefault();
  openBallot(code);
});

if (ballot) {
  // The nonce stays until the receipt is here, and so do the choices: the back button may bring an
  // empty ballot.
  const { choices = [] } = recall(token.value);
  keep({ start: start(token.value), nonce: ballot.elements.nonce.value, choices });
  restoreMarks(choices);
  ballot.addEventListener("submit", () => keepChoices(ballot));
}

if (receipt) {
  try {
    const kept = JSON.parse(sessionStorage.getItem(`vote ${home}`));
    if (kept) keep({ start: kept.start, receipt: receipt.dataset.receipt });
  } catch {
    // Nothing was kept.
  }
}

if (keptReceipt && recall(token.value).receipt) {
  keptReceipt.querySelector("a").hash = recall(token.value).receipt;
  keptReceipt.hidden = false;
}

document.querySelectorAll("fieldset[data-most]").forEach(countMarks);

for (const link of document.querySelectorAll("a[data-language]")) {
  link.addEventListener("click", () => {
    if (ballot) keepChoices(ballot);
    if (token?.type === "hidden") link.hash = token.value;
  });
}
