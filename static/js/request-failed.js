/* A request in the background that gets no usable answer is told, never swallowed: a switch goes back to what it was,
   and the notice of the page's <template id="request-failed"> appears until it is dismissed or a request succeeds. */

const told = () => document.querySelector(".request-failed");

function tell() {
  if (told()) return;
  document.body.append(document.getElementById("request-failed").content.cloneNode(true));
}

function putBack(element) {
  for (const box of element.querySelectorAll("input[type=checkbox][role=switch]")) box.checked = box.defaultChecked;
}

for (const failure of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, (event) => {
    putBack(event.detail.elt);
    tell();
  });
}

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) told()?.remove();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) event.target.closest(".request-failed")?.remove();
});
