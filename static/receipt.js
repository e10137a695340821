// Copies and prints what is shown once, a receipt or recovery codes, and fills in the receipt that a
// link carries behind its #.
const receipt = document.querySelector("[data-receipt]");
const copy = document.querySelector("[data-copy]");
const print = document.querySelector("[data-print]");
const field = document.querySelector("textarea[name=receipt]");

function fillIn() {
  const given = location.hash.slice(1);
  if (!/^[0-9a-f]{64}$/i.test(given)) return;
  field.value = given.match(/.{4}/g).join(" ");
}

if (copy && navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(receipt.dataset.receipt);
    document.querySelector("[data-copied]").textContent = copy.dataset.copy;
  });
}

if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

if (field) {
  addEventListener("hashchange", fillIn);
  fillIn();
}
