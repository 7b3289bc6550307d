/* SPDX-License-Identifier: EUPL-1.2
   The list of partners: ticked cards are remembered while the browser tab is open, the bar counts them and stays in
   sight, print buttons appear, wide screens show the filters. Without this script the ticked cards still reach the list and the comparison through the form. */
(function () {
  "use strict";

  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }

  if (window.matchMedia("(min-width: 56rem)").matches) {
    for (const box of document.querySelectorAll("details[data-open-wide]")) box.open = true;
  }

  const form = document.querySelector("form[data-chosen]");
  if (!form) return;
  const key = `land-chosen ${form.dataset.chosen}`;
  const boxes = [...document.querySelectorAll('input[type="checkbox"][name="with"][form="scelti"]')];
  const count = form.querySelector("[data-chosen-count]");

  function remembered() {
    try {
      const kept = JSON.parse(window.sessionStorage.getItem(key) || "[]");
      return Array.isArray(kept) ? kept.filter((each) => typeof each === "string").slice(0, 20) : [];
    } catch (error) {
      return [];
    }
  }

  function remember(chosen) {
    try {
      window.sessionStorage.setItem(key, JSON.stringify(chosen));
    } catch (error) {
      /* a browser that keeps nothing: the ticks of this page still count */
    }
  }

  /* What was chosen on another page of the same list travels along as hidden boxes. */
  function carry(chosen) {
    for (const old of form.querySelectorAll("input[data-carried]")) old.remove();
    const shown = new Set(boxes.map((box) => box.value));
    for (const id of chosen) {
      if (shown.has(id)) continue;
      const hidden = document.createElement("input");
      hidden.type = "hidden";
      hidden.name = "with";
      hidden.value = id;
      hidden.dataset.carried = "";
      form.append(hidden);
    }
  }

  function tell(chosen) {
    const words = count.dataset;
    form.classList.toggle("is-active", chosen.length > 0);
    count.textContent = chosen.length === 0 ? words.wordsNone : chosen.length === 1 ? words.wordsOne : words.wordsMore.replace("#", String(chosen.length));
  }

  function refresh() {
    const shown = new Set(boxes.map((box) => box.value));
    const others = remembered().filter((id) => !shown.has(id));
    const chosen = [...others, ...boxes.filter((box) => box.checked).map((box) => box.value)];
    remember(chosen);
    carry(chosen);
    tell(chosen);
  }

  const before = new Set(remembered());
  for (const box of boxes) {
    if (before.has(box.value)) box.checked = true;
    box.addEventListener("change", refresh);
  }
  refresh();
})();
