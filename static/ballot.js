// The order of a ballot is changed without a reload, by buttons or by dragging, and photos can be
// dropped. Without this script the same forms do the same.
const page = document.querySelector("[data-page]")?.dataset.page;
const announcement = document.querySelector("[data-announce]");
const failure = document.querySelector("[data-failed]");
let saving = Promise.resolve();

const itemsOf = (list) => [...list.querySelectorAll(":scope > [data-item]")];
const moveOf = (item) => item.querySelector("[data-move]");

function renumber(list) {
  const items = itemsOf(list);
  items.forEach((item, index) => {
    const [up, down] = moveOf(item).querySelectorAll("button");
    up.value = Math.max(index - 1, 0);
    down.value = index + 1;
    up.ariaDisabled = index === 0 || null;
    down.ariaDisabled = index === items.length - 1 || null;
  });
}

function announce(item) {
  const items = itemsOf(item.parentElement);
  const words = { name: item.dataset.name, place: items.indexOf(item) + 1, count: items.length };
  announcement.textContent = announcement.dataset.moved.replace(/%(\w+)%/g, (_, word) => words[word]);
}

// One after the other, since each place counts on the moves before it.
function save(item) {
  const place = itemsOf(item.parentElement).indexOf(item);
  saving = saving.then(() => send(moveOf(item).action, place)).catch(() => {
    failure.textContent = failure.dataset.failed;
    failure.hidden = false;
    failure.scrollIntoView({ block: "nearest" });
  });
}

async function send(address, place) {
  const answer = await fetch(address, { method: "POST", body: new URLSearchParams({ up: place }) });
  // Whoever was signed out in the meantime ends on another page.
  if (!answer.ok || new URL(answer.url).pathname !== page) throw new Error("the place was not saved");
}

function settle(item) {
  renumber(item.parentElement);
  announce(item);
  save(item);
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-move]")) return;
  event.preventDefault();
  const button = event.submitter;
  if (button.ariaDisabled === "true") return;
  const item = event.target.closest("[data-item]");
  if (button.name === "up") item.previousElementSibling.before(item);
  else item.nextElementSibling.after(item);
  settle(item);
  button.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
});

// A second click sends nothing a second time, until the page is shown again.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if ("sent" in event.target.dataset) event.preventDefault();
  else event.target.dataset.sent = "";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("[data-sent]")) delete form.dataset.sent;
});

const isFile = (event) => event.dataTransfer.types.includes("Files");
let dragged = null;

for (const grip of document.querySelectorAll("[data-grip]")) {
  const item = grip.closest("[data-item]");
  if (!moveOf(item)) continue;
  grip.hidden = false;
  grip.draggable = true;
  grip.addEventListener("dragstart", (event) => {
    dragged = { item, before: item.nextElementSibling };
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", item.dataset.name);
    event.dataTransfer.setDragImage(item, 16, 16);
    item.classList.add("dragged");
  });
  grip.addEventListener("dragend", (event) => {
    item.classList.remove("dragged");
    const { before } = dragged;
    dragged = null;
    if (event.dataTransfer.dropEffect === "none") item.parentElement.insertBefore(item, before);
    else if (item.nextElementSibling !== before) settle(item);
  });
}

document.addEventListener("dragover", (event) => {
  const over = dragged && event.target.closest("[data-item]");
  if (!over || over.parentElement !== dragged.item.parentElement) return;
  event.preventDefault();
  if (over === dragged.item) return;
  const { top, height } = over.getBoundingClientRect();
  if (event.clientY < top + height / 2) over.before(dragged.item);
  else over.after(dragged.item);
});

document.addEventListener("drop", (event) => {
  if (dragged) event.preventDefault();
});

function onDrop(area, take) {
  area.addEventListener("dragover", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    area.classList.add("over");
  });
  area.addEventListener("dragleave", () => area.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    if (!isFile(event)) return;
    event.preventDefault();
    area.classList.remove("over");
    take(event.dataTransfer.files);
  });
}

// A photo dropped on a face of the list is sent as a form, so that a refusal is a page in words.
for (const face of document.querySelectorAll("[data-photo]")) {
  onDrop(face, (files) => {
    const form = document.createElement("form");
    form.method = "post";
    form.enctype = "multipart/form-data";
    form.action = face.dataset.photo;
    form.hidden = true;
    const input = document.createElement("input");
    input.type = "file";
    input.name = "file";
    input.files = files;
    form.append(input);
    document.body.append(form);
    form.submit();
  });
}

// The photo of one candidate: shown as it will be cut, before it is sent.
for (const form of document.querySelectorAll("[data-drop]")) {
  const input = form.elements.file;
  form.querySelector("[data-drop-hint]").hidden = false;
  onDrop(form, (files) => {
    input.files = files;
    show(form, input);
  });
  input.addEventListener("change", () => show(form, input));
}

function show(form, input) {
  const [file] = input.files;
  const wrong = form.querySelector(".wrong");
  const tooLarge = file && file.size > Number(form.dataset.limit);
  wrong.textContent = tooLarge ? form.dataset.tooLarge : "";
  wrong.hidden = !tooLarge;
  input.ariaInvalid = tooLarge || null;
  if (tooLarge) input.value = "";
  else if (file) preview(form, file);
}

async function preview(form, file) {
  const reader = new FileReader();
  await new Promise((done) => {
    reader.onloadend = done;
    reader.readAsDataURL(file);
  });
  const image = new Image(128, 128);
  image.src = reader.result;
  try {
    await image.decode();
  } catch {
    return; // The service says what is wrong with it.
  }
  image.className = "photo large";
  image.alt = "";
  form.querySelector(".photo").replaceWith(image);
  form.querySelector("[data-caption]").textContent = form.dataset.cut;
}
