// The voting code stands behind the # of the link, where no server sees it. It goes straight from
// there into the form, and out of the address bar and the history.
const form = document.getElementById("voting-code");

function takeCodeFromAddress() {
  const code = location.hash.slice(1);
  if (!code || code === "main") return;
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.token.value = code;
  form.requestSubmit();
}

addEventListener("hashchange", takeCodeFromAddress);
takeCodeFromAddress();
