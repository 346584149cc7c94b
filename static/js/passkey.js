/* Around allauth's scripts, which have the browser ask for a passkey: where that works the button takes the place of the
   sentence that it does not; it rests while the browser asks, and what came to nothing is said on the page, in the words of a <template data-failure>
   by the name of the error. Markup: templates/mfa/webauthn/_ask.html. */

// Browsers have passkeys for names only, not for numbers.
const aNumber = /^(\[.*\]|[\d.]+)$/.test(location.hostname);
const works = window.PublicKeyCredential !== undefined && window.webauthnJSON?.supported() && !aNumber;
const placeOf = (button) => button.closest(".passkey");

function rest(button) {
  placeOf(button).querySelector(".passkey__failed").replaceChildren();
  button.disabled = true;
  button.dataset.busy = "";
}

function wake(button) {
  delete button.dataset.busy;
  button.disabled = false;
}

for (const button of document.querySelectorAll("[data-passkey]")) {
  button.hidden = !works;
  placeOf(button).querySelector(".passkey__instead").hidden = works;
  button.addEventListener("click", () => rest(button));
  // The key Enter in a field of a form whose one button this is.
  button.form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!button.hidden) button.click();
  });
}

document.addEventListener("allauth.error", (event) => {
  event.preventDefault(); // it is told here, not on the console
  for (const button of document.querySelectorAll("[data-passkey][data-busy]")) {
    wake(button);
    const place = placeOf(button);
    const named = place.querySelector(`template[data-failure="${event.detail.exception.name}"]`);
    const words = named ?? place.querySelector('template[data-failure=""]');
    place.querySelector(".passkey__failed").replaceChildren(words.content.cloneNode(true));
    button.focus();
  }
});

window.addEventListener("pageshow", () => document.querySelectorAll("[data-passkey][data-busy]").forEach(wake));
