"use strict";
(() => {
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // ---- light and dark
  const themes = ["auto", "light", "dark"];
  const themeButton = one("#theme");
  const stored = { get: () => { try { return localStorage.getItem("cocolint-theme"); } catch { return null; } },
                   set: (name) => { try { localStorage.setItem("cocolint-theme", name); } catch { /* the page may not keep anything */ } } };
  const show = (name) => {
    document.documentElement.toggleAttribute("data-theme", false);
    if (name !== "auto") document.documentElement.dataset.theme = name;
    one("span", themeButton).textContent = name;
  };
  let theme = themes.includes(stored.get()) ? stored.get() : "auto";
  show(theme);
  themeButton.hidden = false;
  themeButton.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    stored.set(theme);
    show(theme);
  });

  // ---- tables
  const order = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const valueOf = (row, column, isNumber) => {
    const cell = row.cells[column];
    return isNumber ? Number(cell.dataset.value) : cell.textContent.trim();
  };
  for (const button of all("table.sortable .sort")) {
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const body = head.closest("table").tBodies[0];
      const isNumber = head.dataset.kind !== "text";
      const before = head.getAttribute("aria-sort");
      const isRising = before === "none" ? !isNumber : before === "descending";
      for (const other of head.parentElement.cells) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", isRising ? "ascending" : "descending");
      const keyed = [...body.rows].map((row) => [valueOf(row, head.cellIndex, isNumber), row]);
      keyed.sort(([a], [b]) => (isNumber ? a - b : order.compare(a, b)) * (isRising ? 1 : -1));
      body.append(...keyed.map(([, row]) => row));
    });
  }

  // ---- filters
  const form = one("#filters");
  if (form) {
    const cards = all(".card").map((card) => ({
      card,
      words: null,
      files: new Set(card.dataset.files.split(" ")),
      classes: new Set(card.dataset.classes.split(" ")),
      examples: all(".example", card),
      empty: one(".none-here", card),
    }));
    const value = (id) => one(`#${id}`)?.value ?? "";
    const wordsOf = (entry) => (entry.words ??= entry.card.textContent.toLowerCase());
    const filter = () => {
      const [text, rule, file, name] = [value("text").trim().toLowerCase(), value("rule"), value("file"), value("class")];
      const levels = new Set(all('[name="severity"]:checked', form).map((box) => box.value));
      let rules = 0;
      for (const entry of cards) {
        const fits = levels.has(entry.card.dataset.severity) && (!rule || entry.card.id === rule) &&
          (!file || entry.files.has(file)) && (!name || entry.classes.has(name)) && (!text || wordsOf(entry).includes(text));
        entry.card.hidden = !fits;
        if (!fits) continue;
        rules += 1;
        let seen = 0;
        for (const example of entry.examples) {
          const isSeen = (!file || example.dataset.file === file) && (!name || example.dataset.classes.split(" ").includes(name));
          example.hidden = !isSeen;
          seen += isSeen;
        }
        if (entry.empty) entry.empty.hidden = seen > 0;
      }
      one("#shown").textContent = `${rules} of ${cards.length} rules`;
      one("#nothing").hidden = rules > 0;
    };
    for (const event of ["input", "change"]) form.addEventListener(event, filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(filter));
    form.hidden = false;
    filter();
    const reveal = () => {
      const card = document.getElementById(location.hash.slice(1));
      if (card?.classList.contains("card") && card.hidden) { form.reset(); setTimeout(() => card.scrollIntoView(), 20); }
    };
    addEventListener("hashchange", reveal);
    document.addEventListener("keydown", (event) => {
      const isTyping = event.target.closest?.("input, select, textarea, dialog");
      if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        one("#text").focus();
      }
    });
  }

  // ---- pictures
  const marks = one("#marks");
  const dialog = one("#large");
  const stage = one(".stage", dialog);
  let current = null;
  if (one(".drawing")) {
    marks.hidden = false;
    marks.addEventListener("click", () => {
      const isBare = document.body.classList.toggle("bare");
      marks.setAttribute("aria-pressed", String(isBare));
    });
  }
  const enlarge = (button) => {
    current = button;
    const caption = one("figcaption", button.parentElement).cloneNode(true);
    stage.replaceChildren(one(".drawing", button).cloneNode(true), caption);
    if (!dialog.open) dialog.showModal();
  };
  const step = (by) => {
    const buttons = all(".zoom").filter((button) => !button.closest("[hidden]"));
    const next = buttons[buttons.indexOf(current) + by];
    if (next) enlarge(next);
  };
  document.addEventListener("click", (event) => {
    const zoom = event.target.closest(".zoom");
    if (zoom) enlarge(zoom);
    const stepper = event.target.closest("dialog [data-step]");
    if (stepper) stepper.dataset.step === "0" ? dialog.close() : step(Number(stepper.dataset.step));
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") step(1);
    if (event.key === "ArrowLeft") step(-1);
  });
  dialog.addEventListener("close", () => current?.focus());

  // ---- print
  let opened = [];
  addEventListener("beforeprint", () => { opened = all("details:not([open])"); for (const part of opened) part.open = true; });
  addEventListener("afterprint", () => { for (const part of opened) part.open = false; });
})();
