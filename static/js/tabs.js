/* On a phone a bar of tabs scrolls sideways: the tab of the page is brought into view. */

for (const tab of document.querySelectorAll(".tabs__link[aria-current]")) {
  const bar = tab.closest(".tabs__list");
  bar.scrollLeft = tab.parentElement.offsetLeft - (bar.clientWidth - tab.offsetWidth) / 2;
}
