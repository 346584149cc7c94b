/* A form that changes something is sent once: its buttons rest from the first submit until the answer is there, or
   until the person comes back with the back button. A form whose answer is a file says data-repeatable. */

const guarded = (form) => form.method === "post" && !("repeatable" in form.dataset);
const buttonsOf = (form) => [...form.elements].filter((element) => element.matches("button, input[type=submit]"));

function rest(form, pressed) {
  form.dataset.sent = "";
  // After this turn, so that the pressed button's name and value still go with the form.
  setTimeout(() => {
    if (!("sent" in form.dataset)) return;
    for (const button of buttonsOf(form)) {
      if (button.disabled) continue;
      button.disabled = true;
      button.dataset.resting = "";
    }
    if (pressed) pressed.dataset.busy = "";
  });
}

function wake(form) {
  delete form.dataset.sent;
  for (const button of buttonsOf(form)) {
    delete button.dataset.busy;
    if (!("resting" in button.dataset)) continue;
    delete button.dataset.resting;
    button.disabled = false;
  }
}

document.addEventListener(
  "submit",
  (event) => {
    if (guarded(event.target) && "sent" in event.target.dataset) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  },
  true,
);

document.addEventListener("submit", (event) => {
  // htmx takes the submit over and tells when its request begins.
  if (!event.defaultPrevented && guarded(event.target)) rest(event.target, event.submitter);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.detail.elt;
  if (form instanceof HTMLFormElement && guarded(form)) {
    rest(form, event.detail.requestConfig.triggeringEvent?.submitter);
  }
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt instanceof HTMLFormElement) wake(event.detail.elt);
});

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) wake(form);
});
