// What the pages do more where there is JavaScript: keys for what a mouse can do
// too. The letters are those of Gmail and mutt. They can be switched off, for who
// speaks to the computer or types with one finger (WCAG 2.1.4).
"use strict";
(() => {
	const off = () => localStorage.getItem("keys") === "off";
	const rows = () => [...document.querySelectorAll("a.message")];
	const press = (selector) => {
		const e = document.querySelector(selector);
		if (e) { e.click(); }
		return Boolean(e);
	};
	const step = (by) => {
		const all = rows();
		if (all.length === 0) { return false; }
		const at = all.findIndex((e) => e.closest("li").contains(document.activeElement));
		const to = at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by));
		all[to].focus();
		return true;
	};
	const keys = {
		"/": () => { const q = document.getElementById("q"); if (q) { q.focus(); q.select(); } return Boolean(q); },
		j: () => step(1) || press("a[data-key=next]"),
		k: () => step(-1) || press("a[data-key=previous]"),
		o: () => { const e = document.activeElement; const ok = e && e.matches("a.message"); if (ok) { e.click(); } return ok; },
		n: () => press(".pages a[rel=next]"),
		z: () => press("#undo"),
	};
	document.addEventListener("keydown", (event) => {
		if (off() || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) { return; }
		if (event.target.closest("textarea, select, input:not([type=checkbox], [type=radio])")) {
			if (event.key === "Escape") { event.target.blur(); }
			return;
		}
		const act = keys[event.key];
		if (act && act()) { event.preventDefault(); }
	});
})();
