/* Menus are <details class="menu">. Here: one open at a time, closed by Escape, by a click beside it and when the focus
   leaves it; and its list is placed in the window, where neither a scrolling table nor the window's edge cuts it off. */

const GAP = 4;
const EDGE = 8;

const openMenus = () => document.querySelectorAll("details.menu[open]");

function place(menu) {
  const list = menu.querySelector(":scope > .menu__list");
  const button = menu.querySelector(":scope > summary").getBoundingClientRect();
  list.dataset.placed = "";
  const width = list.offsetWidth;
  const height = list.offsetHeight;
  const start = menu.classList.contains("menu--end") ? button.right - width : button.left;
  const below = button.bottom + GAP;
  const fitsBelow = below + height <= window.innerHeight - EDGE;
  const above = button.top - GAP - height;
  list.style.left = `${Math.max(EDGE, Math.min(start, document.documentElement.clientWidth - width - EDGE))}px`;
  list.style.top = `${fitsBelow || above < EDGE ? below : above}px`;
}

function closeAllBut(kept) {
  for (const menu of openMenus()) {
    if (menu !== kept) menu.open = false;
  }
}

document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLElement) || !menu.matches("details.menu")) return;
    if (menu.open) {
      closeAllBut(menu);
      place(menu);
    }
  },
  true, // "toggle" does not bubble
);

document.addEventListener("pointerdown", (event) => closeAllBut(event.target.closest("details.menu")));
document.addEventListener("focusin", (event) => closeAllBut(event.target.closest("details.menu")));

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    const held = menu.contains(document.activeElement);
    menu.open = false;
    if (held) menu.querySelector(":scope > summary").focus();
  }
});

for (const change of ["scroll", "resize"]) {
  window.addEventListener(change, () => openMenus().forEach(place), { capture: true, passive: true });
}
