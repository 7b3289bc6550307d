/* SPDX-License-Identifier: EUPL-1.2
   The territory page: the form, the map, the legend, the table and the card are one state, and the address bar holds it.
   Needs map-core.js, map-table.js, map-card.js and the shell script of the map `territory`. */
(function () {
  "use strict";

  const { Choropleth, STYLES, Table, addTiles, drawCard, drawHistogram, drawLegend, drawMarks, element, kept, link, numbers, open, readJson, replace } = window.LandMap;
  const ORGANISATION_FILTERS = ["sector", "kind", "category"];
  const SITE_FILTERS = ["site_category", "availability"];
  const FILTERS = [...ORGANISATION_FILTERS, ...SITE_FILTERS];

  class Territory {
    constructor(root, config, topology) {
      this.root = root;
      this.config = config;
      this.words = config.words;
      this.form = this.part("form");
      this.layers = new Map();
      this.payloads = new Map();
      this.turn = 0;
      this.map = open("territory", this.words);
      addTiles(this.map, config);
      this.choropleth = new Choropleth(this.map, topology, config.municipalities, {
        onSelect: (istat) => this.choose(istat),
        label: (istat) => this.label(istat),
        opacity: config.tiles ? 0.75 : 1,
      });
      this.table = new Table(this.part("table"), config.municipalities, config.language, this.words, (istat) => this.choose(istat, { fly: true }));
      this.addFrame();
    }

    part(name) {
      return this.root.querySelector(`[data-map-${name}]`);
    }

    addFrame() {
      const button = element("button", { type: "button", class: "map-whole", click: () => this.choropleth.fit() }, this.words.whole);
      const control = L.control({ position: "topright" });
      control.onAdd = () => { L.DomEvent.disableClickPropagation(button); return button; };
      control.addTo(this.map);
    }

    /* --- state: the form and the address ---------------------------------------------------------------- */

    get state() {
      const data = new FormData(this.form);
      const state = { layers: data.getAll("layers") };
      for (const name of ["indicator", "scheme", "classes", ...FILTERS]) state[name] = data.get(name) || "";
      state.municipality = this.choropleth.selected || "";
      return state;
    }

    get address() {
      const state = this.state;
      const query = new URLSearchParams();
      for (const name of ["indicator", "scheme", "classes", ...FILTERS, "municipality"]) {
        if (state[name] && state[name] !== this.config.defaults[name]) query.set(name, state[name]);
      }
      for (const layer of state.layers) query.append("layers", layer);
      if (this.root.dataset.view === "table") query.set("view", "table");
      const text = query.toString();
      return text ? `${location.pathname}?${text}` : location.pathname;
    }

    /** Puts into the form what the address says. */
    restore() {
      const query = new URLSearchParams(location.search);
      for (const name of ["indicator", "scheme", "classes", ...FILTERS]) this.set(name, query.get(name) ?? this.config.defaults[name] ?? "");
      const layers = query.getAll("layers");
      for (const box of this.form.querySelectorAll("input[name=layers]")) box.checked = layers.includes(box.value);
      this.view(query.get("view") === "table" ? "table" : "map");
      return query.get("municipality") || "";
    }

    set(name, value) {
      const field = this.form.elements[name];
      if (!field) return;
      const options = [...field.options].map((option) => option.value);
      field.value = options.includes(value) ? value : this.config.defaults[name] ?? "";
    }

    keep() {
      if (this.address !== location.pathname + location.search) history.pushState(null, "", this.address);
      for (const other of document.querySelectorAll("[data-same-view]")) {
        const target = new URL(other.getAttribute("href"), location.href);
        other.setAttribute("href", target.pathname + new URL(this.address, location.href).search);
      }
    }

    /* --- drawing ----------------------------------------------------------------------------------------- */

    async start() {
      const municipality = this.restore();
      if (window.innerWidth < 900 && !FILTERS.some((name) => this.state[name])) this.part("more").open = false;
      this.form.addEventListener("change", (event) => this.changed(event));
      this.form.addEventListener("submit", (event) => { event.preventDefault(); this.search(); });
      this.part("reset")?.addEventListener("click", () => this.reset());
      for (const tab of this.root.querySelectorAll("[data-map-view]")) {
        tab.addEventListener("click", () => { this.view(tab.dataset.mapView); this.keep(); });
      }
      window.addEventListener("popstate", () => this.again());
      await this.update();
      if (municipality) await this.choose(municipality, { fly: true, keep: false });
      this.root.dataset.ready = "true";
    }

    async again() {
      const municipality = this.restore();
      await this.update();
      await this.choose(municipality, { keep: false });
    }

    async changed(event) {
      if (event.target.name === "place") { this.search(); return; }
      await this.update();
      this.keep();
    }

    async reset() {
      for (const name of FILTERS) this.set(name, "");
      await this.update();
      this.keep();
    }

    view(name) {
      this.root.dataset.view = name;
      for (const tab of this.root.querySelectorAll("[data-map-view]")) {
        tab.setAttribute("aria-pressed", String(tab.dataset.mapView === name));
      }
      if (name === "map") this.map.invalidateSize({ animate: false });
    }

    /** Reads what the state asks for and draws it; an older answer never overwrites a newer one. */
    async update() {
      this.adapt();
      const turn = (this.turn += 1);
      const state = this.state;
      try {
        const [payload] = await Promise.all([this.payload(state), ...state.layers.map((name) => this.layer(name, state))]);
        if (turn !== this.turn) return;
        this.draw(payload, state);
      } catch (problem) {
        this.say(this.words.failed);
        throw problem;
      }
    }

    async payload(state) {
      const query = new URLSearchParams({ lang: this.config.language, scheme: state.scheme, classes: state.classes });
      for (const name of FILTERS) if (state[name]) query.set(name, state[name]);
      const address = `${this.config.addresses.indicator}${encodeURIComponent(state.indicator)}.json?${query}`;
      return this.once(this.payloads, address);
    }

    /** A layer is read once and filtered here; one too large to travel whole is asked again with the filter. */
    async layer(name, state) {
      const whole = await this.once(this.layers, `${this.config.addresses[name]}?lang=${this.config.language}`);
      if (!whole.truncated || name === "landmarks") return whole;
      const query = new URLSearchParams({ lang: this.config.language });
      for (const filter of FILTERS) if (state[filter]) query.set(filter, state[filter]);
      return this.once(this.layers, `${this.config.addresses[name]}?${query}`);
    }

    async once(answers, address) {
      if (!answers.has(address)) {
        if (answers.size > 60) answers.delete(answers.keys().next().value);
        answers.set(address, readJson(address).catch((problem) => { answers.delete(address); throw problem; }));
      }
      return answers.get(address);
    }

    draw(payload, state) {
      this.choropleth.paint(payload);
      this.current = payload;
      drawLegend(this.part("legend"), payload, this.words, this.config.language);
      drawHistogram(this.part("histogram"), payload, this.words, this.config.language);
      this.table.fill(payload);
      this.part("question").textContent = payload.question;
      this.part("formula").textContent = payload.formula;
      this.part("value-heading").textContent = payload.unit_label;
      this.fields(payload, state);
      this.marks(state);
      this.say(payload.status);
    }

    /** Switches off, before the form is read, the filters that neither the question nor a drawn layer obeys. */
    adapt() {
      const { indicator, layers } = this.state;
      const question = this.config.indicators[indicator] || { filters: FILTERS, note: "" };
      const obeyed = new Set([...question.filters, ...(layers.includes("organisations") ? ORGANISATION_FILTERS : []),
        ...(layers.includes("sites") ? SITE_FILTERS : [])]);
      for (const name of FILTERS) this.form.elements[name].disabled = !obeyed.has(name);
      this.part("site-filters").hidden = !obeyed.has("availability");
      this.off = FILTERS.some((name) => !obeyed.has(name)) ? question.note : "";
    }

    fields(payload, state) {
      const set = FILTERS.filter((name) => state[name]);
      const deaf = set.some((name) => !payload.filters.includes(name));
      const note = this.part("filter-note");
      note.textContent = [this.off, deaf && this.words.filter_ignored].filter(Boolean).join(" ");
      note.hidden = !note.textContent;
      this.part("reset").hidden = set.length === 0;
    }

    async marks(state) {
      const turn = this.turn;
      const drawn = [];
      const group = L.layerGroup();
      for (const name of state.layers) {
        const layer = await this.layer(name, state);
        drawn.push(this.markLayer(group, name, layer, state));
      }
      if (turn !== this.turn) return;
      this.choropleth.marks.clearLayers();
      this.choropleth.marks.addLayer(group);
      replace(this.part("marks"), drawn);
    }

    markLayer(group, name, layer, state) {
      const style = { organisations: STYLES.organisation, sites: STYLES.site, landmarks: STYLES.landmark }[name];
      const rows = name === "landmarks" ? layer.name.map((_, row) => row) : kept({ ...layer }, this.obeyed(name, state));
      const result = drawMarks(group, layer, rows, this.config.municipalities, {
        ...style,
        onSymbol: (mark, at, count) => this.symbol(mark, at, count, name),
        onPoint: (mark, row) => this.point(mark, row, layer, name),
      });
      const write = numbers(this.config.language, 0);
      const text = this.words[`${name}_drawn`].replace("{count}", write(result.drawn)).replace("{total}", write(layer.total));
      const own = { organisations: ORGANISATION_FILTERS, sites: SITE_FILTERS, landmarks: [] }[name];
      const filtered = own.some((filter) => state[filter]);
      const unplaced = layer.unplaced && (layer.truncated || !filtered) ? this.words.unplaced.replace("{count}", write(layer.unplaced)) : null;
      return element("li", { class: `map-mark-key map-mark-key-${name}`, "data-drawn": result.drawn, "data-layer": name }, text,
        unplaced && ` ${unplaced}`, layer.truncated && ` ${this.words.truncated.replace("{count}", write(layer.limit))}`);
    }

    obeyed(name, state) {
      return name === "organisations"
        ? { sector: state.sector, kind: state.kind, category: state.category }
        : { category: state.site_category, availability: state.availability };
    }

    symbol(mark, at, count, name) {
      const { istat, name: names } = this.config.municipalities;
      const write = numbers(this.config.language, 0);
      mark.bindTooltip(() => this.tip(names[at], this.words[`${name}_here`].replace("{count}", write(count))), { className: "map-tip" });
      mark.on("click", () => this.choose(istat[at]));
    }

    point(mark, row, layer, name) {
      const text = layer.name[row] || this.words.unnamed;
      mark.bindTooltip(() => this.tip(text, null), { className: "map-tip" });
      mark.bindPopup(() => {
        const label = this.words.labels[layer.kinds[layer.kind[row]]] || layer.kinds[layer.kind[row]];
        const page = name === "organisations" ? `${this.config.addresses.organisation}${encodeURIComponent(layer.id[row])}` : null;
        const step = layer.availabilities && this.words.availability[layer.availabilities[layer.availability[row]]];
        return element("div", { class: "map-popup" }, element("strong", {}, page ? link(page, text) : text), element("br"), label,
          step && element("div", {}, step));
      });
    }

    tip(title, line) {
      return element("div", {}, element("strong", {}, title), line && element("div", {}, line));
    }

    label(istat) {
      const at = this.choropleth.position.get(istat);
      const title = `${this.config.municipalities.name[at]} (${this.config.municipalities.province[at]})`;
      if (!this.current) return this.tip(title, null);
      const group = this.current.classes[at];
      const legend = group < 0 ? null : this.current.legend[group];
      const write = numbers(this.config.language, this.current.decimals);
      const category = legend?.category && (this.current.category_labels[legend.category] || legend.category);
      const value = !legend ? this.words.no_data : category || `${write(this.current.values[at])} ${this.current.unit_short}`;
      return this.tip(title, value);
    }

    /* --- one comune -------------------------------------------------------------------------------------- */

    async choose(istat, { fly = false, keep = true } = {}) {
      const known = istat && this.choropleth.position.has(istat) ? istat : null;
      this.choropleth.select(known, { fly });
      this.table.select(known);
      const panel = this.part("card");
      this.root.dataset.chosen = known || "";
      if (keep) this.keep();
      if (!known) { panel.hidden = true; replace(panel); return; }
      try {
        const card = await readJson(`${this.config.addresses.municipality}${known}.json?lang=${this.config.language}`);
        if (this.choropleth.selected !== known) return;
        panel.hidden = false;
        const heading = drawCard(panel, card, this.words, () => { this.choose(null); this.map.getContainer().focus(); });
        if (keep) heading.focus({ preventScroll: window.innerWidth > 900 });
        this.say(card.status);
      } catch (problem) {
        this.say(this.words.failed);
        throw problem;
      }
    }

    /** The search box: a comune by name, with or without its province, slips forgiven; what was found is said beside it. */
    async search() {
      const text = this.form.elements.place.value.trim();
      if (!text) { this.found("", []); return; }
      const query = new URLSearchParams({ lang: this.config.language, place: text });
      try {
        const answer = await readJson(`${this.config.addresses.place}?${query}`);
        this.found(answer.said, answer.near);
        if (answer.istat) await this.choose(answer.istat, { fly: true });
      } catch (problem) {
        this.found(this.words.failed, []);
        throw problem;
      }
    }

    found(said, near) {
      const line = this.part("found");
      const pick = (each) => element("button", { type: "button", click: () => { this.found("", []); this.choose(each.istat, { fly: true }); } }, each.name);
      replace(line, said, near.map((each) => [" ", pick(each)]).flat());
      line.hidden = !said;
    }

    say(text) {
      this.part("status").textContent = text;
    }
  }

  async function start() {
    const root = document.querySelector("[data-territory]");
    if (!root) return;
    try {
      const [config, topology] = await Promise.all([readJson(root.dataset.config), readJson(root.dataset.boundaries)]);
      const territory = new Territory(root, config, topology);
      window.LandMap.territory = territory;
      await territory.start();
    } catch (problem) {
      root.dataset.failed = "true";
      root.querySelector("[data-map-status]").textContent = root.dataset.failedWords;
      throw problem;
    }
  }

  start();
})();
