/* SPDX-License-Identifier: EUPL-1.2
   The table beside a map: the same rows, sortable by its headings, each comune reachable by keyboard.
   Adds `LandMap.Table`; needs map-core.js. */
(function () {
  "use strict";

  const { element, numbers, replace } = window.LandMap;

  /** A body of rows bound to the comuni; `onSelect(istat)` when a row's button is pressed. */
  class Table {
    constructor(table, municipalities, language, words, onSelect) {
      this.table = table;
      this.language = language;
      this.words = words;
      this.municipalities = municipalities;
      this.collator = new Intl.Collator(language);
      this.order = { key: "name", falling: false };
      this.body = table.tBodies[0];
      this.rows = municipalities.istat.map((istat, at) => this.row(istat, at, onSelect));
      for (const button of table.querySelectorAll("button[data-sort]")) {
        button.addEventListener("click", () => this.sort(button.dataset.sort));
      }
    }

    row(istat, at, onSelect) {
      const pick = element("button", { type: "button", class: "map-row-pick", click: () => onSelect(istat) }, this.municipalities.name[at]);
      const value = element("td", { class: "map-number" });
      const group = element("td", {});
      const node = element("tr", { "data-istat": istat }, element("th", { scope: "row" }, pick),
        element("td", {}, this.municipalities.province[at]), value, group);
      return { istat, node, value, group, name: this.municipalities.name[at], province: this.municipalities.province[at], number: null };
    }

    /** Shows the values of a payload. */
    fill(payload) {
      const write = numbers(this.language, payload.decimals);
      this.rows.forEach((row, at) => {
        const group = payload.classes[at];
        row.number = group < 0 ? null : payload.values[at];
        const known = row.number !== null;
        const legend = known ? payload.legend[group] : null;
        row.value.textContent = !known ? this.words.no_data : legend.category || write(row.number);
        row.value.classList.toggle("map-none", !known);
        row.group.textContent = known ? legend.text : "–";
      });
      this.draw();
    }

    /** Sorts by a column; a second time turns the order round. Rows without a value always come last. */
    sort(key) {
      const falling = this.order.key === key ? !this.order.falling : key === "value";
      this.order = { key, falling };
      this.draw();
    }

    compare(a, b) {
      const { key, falling } = this.order;
      if (key === "value") {
        if (a.number === null || b.number === null) return (a.number === null) - (b.number === null);
        return (falling ? -1 : 1) * (a.number - b.number);
      }
      return (falling ? -1 : 1) * this.collator.compare(a[key], b[key]);
    }

    draw() {
      const byName = (a, b) => this.collator.compare(a.name, b.name);
      const sorted = [...this.rows].sort((a, b) => this.compare(a, b) || byName(a, b));
      replace(this.body, ...sorted.map((row) => row.node));
      for (const heading of this.table.querySelectorAll("th[data-column]")) {
        const here = heading.dataset.column === this.order.key;
        heading.setAttribute("aria-sort", here ? (this.order.falling ? "descending" : "ascending") : "none");
      }
    }

    select(istat) {
      for (const row of this.rows) {
        if (row.istat === istat) row.node.setAttribute("aria-current", "true");
        else row.node.removeAttribute("aria-current");
      }
    }
  }

  window.LandMap.Table = Table;
})();
