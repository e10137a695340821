// A code from a mail stands behind the # of its link, where no server sees it. It goes from there
// into the form, and out of the address bar and the history.
const form = document.querySelector("[data-mailed-code]");

function takeCode() {
  const code = location.hash.slice(1);
  if (code.length < 20) return;
  history.replaceState(null, "", location.pathname + location.search);
  form.elements.token.value = code;
  form.elements.token.closest(".field").hidden = true;
  form.querySelector("input:not([name=token]), button").focus();
}

addEventListener("hashchange", takeCode);
takeCode();
