/* A drop zone takes a file by drag and drop and tells the name and size of the chosen one. */

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

function tell(zone) {
  const file = inputOf(zone).files[0];
  zone.querySelector("[data-drop-zone-file]").textContent = file ? `${file.name} · ${sizeOf(file.size)}` : "";
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

// A browser that comes back to the page may have kept the chosen file.
window.addEventListener("pageshow", () => document.querySelectorAll("[data-drop-zone]").forEach(tell));
