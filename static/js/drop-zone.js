/* A drop zone takes a file by drag and drop and tells the name and size of the chosen one, or that it is too large.
   Its form (data-upload) sends the file in the background and shows how much of it has arrived; the page that answers
   is then opened, or shown in place when it says what is wrong. Without scripts the same form is sent as it is. */

const zoneOf = (event) => (event.target instanceof Element ? event.target.closest("[data-drop-zone]") : null);
const inputOf = (zone) => zone.querySelector("input[type=file]");
const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

function sizeOf(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const number = bytes / 1000 ** step;
  const format = { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: number < 10 ? 1 : 0 };
  return new Intl.NumberFormat(document.documentElement.lang, format).format(number);
}

function isTooLarge(zone) {
  const most = Number(zone.dataset.mostBytes);
  return Boolean(most) && (inputOf(zone).files[0]?.size ?? 0) > most;
}

function tell(zone) {
  const file = inputOf(zone).files[0];
  zone.querySelector("[data-drop-zone-file]").textContent = file ? `${file.name} · ${sizeOf(file.size)}` : "";
  zone.querySelector("[data-drop-zone-too-large]").hidden = !isTooLarge(zone);
}

document.addEventListener("dragover", (event) => {
  const zone = zoneOf(event);
  if (!zone || !hasFiles(event)) return;
  event.preventDefault();
  zone.dataset.over = "";
});

document.addEventListener("dragleave", (event) => {
  const zone = zoneOf(event);
  if (zone && !zone.contains(event.relatedTarget)) delete zone.dataset.over;
});

document.addEventListener("drop", (event) => {
  const zone = zoneOf(event);
  if (!zone || !hasFiles(event)) return;
  event.preventDefault();
  delete zone.dataset.over;
  const first = new DataTransfer();
  first.items.add(event.dataTransfer.files[0]);
  inputOf(zone).files = first.files;
  inputOf(zone).dispatchEvent(new Event("change", { bubbles: true }));
});

document.addEventListener("change", (event) => {
  const zone = zoneOf(event);
  if (zone && event.target === inputOf(zone)) tell(zone);
});

/* --- The file on its way --- */

let sending = null;

const panelOf = (form) => form.querySelector("[data-upload-progress]");

/* What the panel says: the words stand in its data attributes, in the person's language. */
function say(panel, words) {
  panel.querySelector("[data-upload-status]").textContent = panel.dataset[words] ?? "";
}

function show(form, isSending) {
  const panel = panelOf(form);
  panel.hidden = !isSending;
  for (const part of form.querySelectorAll("[data-upload-form]")) part.hidden = isSending;
}

function stop(form, words) {
  sending = null;
  show(form, false);
  form.querySelector("[data-upload-told]").textContent = panelOf(form).dataset[words];
  inputOf(form).focus();
}

function progress(panel, event) {
  const bar = panel.querySelector("progress");
  const has = event.lengthComputable && event.loaded < event.total;
  if (!has) {
    bar.removeAttribute("value");
    panel.querySelector("[data-upload-bytes]").textContent = "";
    panel.querySelector("[data-upload-cancel]").hidden = true;
    say(panel, "arrived");
    return;
  }
  bar.max = event.total;
  bar.value = event.loaded;
  const bytes = { done: sizeOf(event.loaded), total: sizeOf(event.total) };
  const words = panel.dataset.bytes.replace(/\{(\w+)\}/g, (_found, name) => bytes[name]);
  panel.querySelector("[data-upload-bytes]").textContent = words;
}

/* The page that answered takes the place of this one; a chosen file that is not at fault stays chosen. */
function replacePage(form, text) {
  const files = inputOf(form).files;
  const page = new DOMParser().parseFromString(text, "text/html");
  const content = document.importNode(page.querySelector("#content"), true);
  document.querySelector("#content").replaceWith(content);
  const zone = content.querySelector("[data-drop-zone]");
  if (zone && !zone.querySelector("[id$=_error]")) {
    inputOf(zone).files = files;
    tell(zone);
  }
  (content.querySelector("[aria-invalid=true]") ?? content).focus();
}

function send(form, submitter) {
  const panel = panelOf(form);
  const request = new XMLHttpRequest();
  const own = form.action.split("#")[0];
  sending = request;
  request.upload.addEventListener("progress", (event) => progress(panel, event));
  request.addEventListener("load", () => {
    sending = null;
    if (request.status === 200 && request.responseURL !== own) {
      window.location.assign(request.responseURL);
    } else if (request.status === 422) {
      replacePage(form, request.responseText);
    } else {
      stop(form, "failed");
    }
  });
  request.addEventListener("error", () => stop(form, "failed"));
  request.addEventListener("abort", () => stop(form, "cancelled"));
  request.open("POST", own);
  request.send(new FormData(form, submitter));

  const file = inputOf(form).files[0];
  panel.querySelector("[data-upload-name]").textContent = `${file.name} · ${sizeOf(file.size)}`;
  panel.querySelector("[data-upload-cancel]").hidden = false;
  form.querySelector("[data-upload-told]").textContent = "";
  show(form, true);
  say(panel, "sending");
  panel.querySelector("[data-upload-cancel]").focus();
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const zone = "upload" in form.dataset ? form.querySelector("[data-drop-zone]") : null;
    if (!zone || inputOf(zone).files.length === 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (sending) return;
    if (isTooLarge(zone)) inputOf(zone).focus();
    else send(form, event.submitter);
  },
  true,
);

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-upload-cancel]")) sending?.abort();
});

// A browser that comes back to the page may have kept the chosen file, or the page as it was left.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("[data-drop-zone]").forEach(tell);
  if (!sending) document.querySelectorAll("form[data-upload]").forEach((form) => show(form, false));
});
